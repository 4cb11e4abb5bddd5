import type { ConsumerMetrics, ConsumerStats, PartitionLag } from '@millrace/kafka';
import type { Registry } from 'prom-client';
import { counter, scraped, seconds } from './metrics';

/** What can be asked of a running consumer at any time. */
export interface WatchedConsumer {
  lag(): readonly PartitionLag[];
  stats(): ConsumerStats | undefined;
}

export interface ConsumerTelemetry {
  /** For a consumer of this group. */
  metrics(group: string): ConsumerMetrics;
  /** From now on its lag and state are told with every scrape. */
  watch(group: string, consumer: WatchedConsumer): void;
}

const registered = new WeakMap<Registry, ConsumerTelemetry>();

/** Consumers as Prometheus metrics; those of one process share them, apart by group. */
export function consumerTelemetry(registry: Registry): ConsumerTelemetry {
  const known = registered.get(registry);
  if (known !== undefined) return known;
  const watched = new Map<string, WatchedConsumer>();
  tellStates(registry, watched);
  const telemetry: ConsumerTelemetry = {
    metrics: countsOf(registry),
    watch: (group, consumer) => void watched.set(group, consumer),
  };
  registered.set(registry, telemetry);
  return telemetry;
}

function countsOf(registry: Registry): (group: string) => ConsumerMetrics {
  const labels = ['consumergroup'] as const;
  const received = counter(registry, 'kafka_consumer_records_total', 'Records received', ['consumergroup', 'topic']);
  const settled = counter(registry, 'kafka_consumer_settled_items_total', 'Items of lanes that were settled', labels);
  const took = seconds(registry, 'kafka_consumer_settle_duration_seconds', 'One batch of one lane', labels);
  const retried = counter(registry, 'kafka_consumer_retried_items_total', 'Items whose batch was rejected', labels);
  const committed = counter(registry, 'kafka_consumer_committed_records_total', 'Records below a commit', labels);
  const assigned = counter(registry, 'kafka_consumer_assignments_total', 'Assignments, one per rebalance', labels);
  const rejoined = counter(registry, 'kafka_consumer_rejoins_total', 'Members that were lost and joined again', [
    'consumergroup',
    'code',
  ]);
  return (consumergroup) => ({
    received: (topic, records) => received.inc({ consumergroup, topic }, records),
    settled: (items, durationMs) => {
      settled.inc({ consumergroup }, items);
      took.observe({ consumergroup }, durationMs / 1000);
    },
    retried: (items) => retried.inc({ consumergroup }, items),
    committed: (records) => committed.inc({ consumergroup }, records),
    assigned: () => assigned.inc({ consumergroup }),
    rejoined: (code) => rejoined.inc({ consumergroup, code }),
  });
}

/** Told anew with every scrape: partitions that went to another member are told there. */
function tellStates(registry: Registry, watched: ReadonlyMap<string, WatchedConsumer>): void {
  scraped(
    registry,
    'kafka_consumergroup_lag',
    'Records from the lowest unfinished one to the end',
    ['consumergroup', 'topic', 'partition'],
    () =>
      [...watched].flatMap(([consumergroup, consumer]) =>
        consumer
          .lag()
          .map(({ topic, partition, lag }) => ({ labels: { consumergroup, topic, partition }, value: lag })),
      ),
  );
  const state = (name: string, help: string, of: (stats: ConsumerStats) => number) =>
    scraped(registry, name, help, ['consumergroup'], () =>
      [...watched].flatMap(([consumergroup, consumer]) => {
        const stats = consumer.stats();
        return stats === undefined ? [] : [{ labels: { consumergroup }, value: of(stats) }];
      }),
    );
  state('kafka_consumer_joined', '1 while a member of the group', ({ joined }) => (joined ? 1 : 0));
  state('kafka_consumer_assigned_partitions', 'Partitions assigned now', ({ partitions }) => partitions);
  state('kafka_consumer_paused_partitions', 'Partitions paused by back-pressure', ({ paused }) => paused);
  state('kafka_consumer_lanes', 'Lanes that hold something', ({ lanes }) => lanes);
  state('kafka_consumer_retrying_lanes', 'Lanes that wait for their next try', ({ retrying }) => retrying);
  state('kafka_consumer_calls_in_flight', 'Batches on their way', ({ inFlight }) => inFlight);
  state('kafka_consumer_buffered_records', 'Records held until their commit', ({ bufferedRecords }) => bufferedRecords);
  state('kafka_consumer_buffered_bytes', 'Bytes held until their commit', ({ bufferedBytes }) => bufferedBytes);
}
