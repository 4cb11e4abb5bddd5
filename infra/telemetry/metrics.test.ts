import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Metric, Registry } from 'prom-client';
import { bridgeMetrics, callLimitMetrics, deadLetterMetrics, relayMetrics } from './bridge-metrics';
import { consumerTelemetry } from './consumer-metrics';
import { outboxMetrics, requestMetrics } from './service-metrics';
import { storeMetrics, waitingMetrics } from './store-metrics';

const checkout = join(__dirname, '../..');

function everyMetric(): Registry {
  const registry = new Registry();
  bridgeMetrics(registry);
  callLimitMetrics(registry, { stats: () => ({ limit: 8, inFlight: 3, waiting: 0 }) });
  relayMetrics(registry);
  deadLetterMetrics(registry);
  storeMetrics(registry);
  waitingMetrics(registry, {
    openStreams: async () => [{ target: 'orderSaga', stage: 'stuck', streams: 2 }],
    openByHost: async () => [{ host: 'appointmentJourney/host-3', journeys: 7, overdueSeconds: 1.5 }],
    parking: {
      count: async () => Promise.reject(new Error('PostgreSQL is away')),
      causes: async () => [{ target: 'orderSaga', cause: 'machine-failed', lanes: 4 }],
    },
  });
  requestMetrics(registry);
  outboxMetrics(registry, async () => ({ payments: 3 }));
  consumerTelemetry(registry);
  return registry;
}

const labelsOf = (metric: Metric & { labelNames?: readonly string[] }) => metric.labelNames ?? [];
const filesBelow = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => pattern.test(file))
    .map((file) => readFileSync(join(checkout, folder, file), 'utf8'));

const NAME = /\b(?:millrace|kafka_consumer|kafka_consumergroup|eventstore|http_server|messaging_client)_[a-z_]+\b/g;

describe('docs/metrics.md', () => {
  const page = readFileSync(join(checkout, 'docs/metrics.md'), 'utf8');
  const metrics = everyMetric().getMetricsAsArray() as unknown as (Metric & { name: string; help: string })[];

  it('lists every metric with its labels and what it says', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    const wanted = metrics.map((metric) => {
      const labels = labelsOf(metric).map((label) => `\`${label}\``);
      return `| \`${metric.name}\` | ${labels.join(', ')} | ${metric.help} |`;
    });
    expect(rows.sort()).toEqual(wanted.sort());
  });

  it('knows every metric that any process has', () => {
    const code = filesBelow('infra/processes', /\.ts$/).concat(filesBelow('infra/telemetry', /(?<!\.test)\.ts$/));
    const used = code.flatMap((text) => [...text.matchAll(/'([a-z]+_[a-z_]+)'/g)].map(([, name = '']) => name));
    const named = used.filter((name) => new RegExp(NAME).test(name));
    expect([...new Set(named)].sort()).toEqual(metrics.map(({ name }) => name).sort());
  });

  it('and the runbooks name no metric that is not there', () => {
    const known = new Set(metrics.map(({ name }) => name));
    const named = filesBelow('docs', /\.md$/).flatMap((text) => text.match(NAME) ?? []);
    const without = (name: string) => name.replace(/_(bucket|sum|count)$/, '');
    expect(named.filter((name) => !known.has(name) && !known.has(without(name)))).toEqual([]);
  });
});

describe('a scrape', () => {
  it('tells what is open, asked then, and not a number for what has no answer', async () => {
    const text = await everyMetric().metrics();
    expect(text).toContain('millrace_open_streams{target="orderSaga",stage="stuck"} 2');
    expect(text).toContain('millrace_host_journeys{host="appointmentJourney/host-3"} 7');
    expect(text).toContain('millrace_host_overdue_seconds{host="appointmentJourney/host-3"} 1.5');
    expect(text).toContain('millrace_parked_lanes{target="orderSaga",cause="machine-failed"} 4');
    expect(text).toContain('millrace_parked_events Nan');
    expect(text).toContain('millrace_outbox_events{service="payments"} 3');
  });

  it('tells the lag and state of every consumer watched, now', async () => {
    const registry = new Registry();
    const lags = [{ topic: 'orders', partition: 0, lag: 7 }];
    const stats = {
      joined: true,
      partitions: 2,
      paused: 1,
      lanes: 4,
      retrying: 3,
      inFlight: 2,
      bufferedRecords: 9,
      bufferedBytes: 99,
    };
    consumerTelemetry(registry).watch('bridge', { lag: () => lags, stats: () => stats });
    consumerTelemetry(registry).watch('dead', { lag: () => [], stats: () => undefined });
    const { received, retried } = consumerTelemetry(registry).metrics('bridge');
    received?.('orders', 5);
    retried?.(2);
    const lag = 'kafka_consumergroup_lag{consumergroup="bridge",topic="orders",partition="0"} 7';
    const text = await registry.metrics();
    expect(text).toContain(lag);
    for (const line of [
      'kafka_consumer_records_total{consumergroup="bridge",topic="orders"} 5',
      'kafka_consumer_retried_items_total{consumergroup="bridge"} 2',
      'kafka_consumer_retrying_lanes{consumergroup="bridge"} 3',
      'kafka_consumer_buffered_records{consumergroup="bridge"} 9',
    ])
      expect(text).toContain(line);
    lags.length = 0; // the partition went to another bridge, which tells its lag
    expect(await registry.metrics()).not.toContain(lag);
  });
});
