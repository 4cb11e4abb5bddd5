import type { Registry } from 'prom-client';
import type { CallLimiter, CallLimiterStats } from '../../bridges/inbound/call-limiter';
import type { BridgeMetrics, DeadLetterMetrics, RelayMetrics } from '../../bridges/metrics';
import { counter, gauge, scraped, seconds, sizes } from './metrics';

/** The inbound bridge's counts as Prometheus metrics. */
export function bridgeMetrics(registry: Registry): BridgeMetrics {
  const records = counter(registry, 'messaging_client_consumed_messages_total', 'Records read', ['topic', 'type']);
  const outcomes = counter(registry, 'millrace_deliveries_total', 'Deliveries by how they ended', [
    'target',
    'verdict',
    'cause',
  ]);
  const calls = seconds(registry, 'millrace_call_duration_seconds', 'Calls to Temporal', ['target', 'kind', 'result']);
  const batch = sizes(registry, 'millrace_call_events', 'Events of one subject that went together', ['target']);
  const hosted = sizes(registry, 'millrace_host_call_events', 'Events that one call to a host carried', ['target']);
  const waited = seconds(registry, 'millrace_call_wait_seconds', 'Wait of a call until Temporal was ready to take it');
  const cuts = counter(registry, 'millrace_call_limit_cuts_total', 'Times that fewer calls were let through', ['why']);
  const parked = counter(
    registry,
    'millrace_lanes_parked_total',
    'Times that a bridge parked events; workflows park as well',
    ['target', 'cause'],
  );
  const drained = counter(registry, 'millrace_drained_events_total', 'Events that the sweep delivered', ['target']);
  const dead = counter(registry, 'millrace_dead_letters_total', 'Records given up', ['topic', 'cause']);
  const sweeps = seconds(registry, 'millrace_sweep_duration_seconds', 'One look at the parked lanes');
  const ledger = seconds(registry, 'millrace_ledger_write_duration_seconds', 'One write of the ledger');
  return {
    recordRead: (topic, type) => records.inc({ topic, type }),
    outcome: (target, verdict, cause) => outcomes.inc({ target, verdict, cause }),
    callEnded: (target, kind, result, durationMs) => calls.observe({ target, kind, result }, durationMs / 1000),
    subjectCalled: (target, events) => batch.observe({ target }, events),
    hostCalled: (target, events) => hosted.observe({ target }, events),
    callWaited: (durationMs) => waited.observe(durationMs / 1000),
    callLimitCut: (why) => cuts.inc({ why }),
    laneParked: (target, cause) => parked.inc({ target, cause }),
    drained: (target, events) => drained.inc({ target }, events),
    deadLettered: (topic, cause) => dead.inc({ topic, cause }),
    sweepEnded: (_lanes, durationMs) => sweeps.observe(durationMs / 1000),
    ledgerWritten: (_rows, durationMs) => ledger.observe(durationMs / 1000),
  };
}

/** How many calls at a time Temporal takes, as of each scrape. */
export function callLimitMetrics(registry: Registry, limiter: Pick<CallLimiter, 'stats'>): void {
  const one = (name: string, help: string, of: (stats: CallLimiterStats) => number) =>
    scraped(registry, name, help, [], () => [{ labels: {}, value: of(limiter.stats()) }]);
  one('millrace_call_limit', 'Calls to Temporal that may be under way', ({ limit }) => limit);
  one('millrace_calls_under_way', 'Calls to Temporal that are under way', ({ inFlight }) => inFlight);
  one('millrace_calls_waiting', 'Calls that wait until Temporal is ready to take them', ({ waiting }) => waiting);
}

/** The relay's counts as Prometheus metrics. */
export function relayMetrics(registry: Registry): RelayMetrics {
  const published = counter(registry, 'millrace_relay_published_total', 'Records published from the feed', ['topic']);
  const transitions = counter(registry, 'millrace_transitions_total', 'Transitions published, by where they led', [
    'target',
    'stage',
  ]);
  const batches = seconds(
    registry,
    'millrace_relay_batch_duration_seconds',
    'One batch from the feed to the acknowledgement',
  );
  const age = gauge(registry, 'millrace_relay_age_seconds', 'Age of the oldest entry just published');
  const failures = counter(registry, 'millrace_relay_failures_total', 'Batches that failed and are published again');
  const leading = gauge(registry, 'millrace_relay_leading', '1 while this process holds the lease');
  return {
    published: (topic, count) => published.inc({ topic }, count),
    transition: (target, stage) => transitions.inc({ target, stage }),
    batchEnded: (_entries, durationMs) => batches.observe(durationMs / 1000),
    age: (ageMs) => age.set(ageMs / 1000),
    failed: () => failures.inc(),
    leading: (holds) => leading.set(holds ? 1 : 0),
  };
}

export function deadLetterMetrics(registry: Registry): DeadLetterMetrics {
  const indexed = counter(registry, 'millrace_dead_letters_indexed_total', 'Dead letters put into the list', ['topic']);
  return { indexed: (topic, letters) => indexed.inc({ topic }, letters) };
}
