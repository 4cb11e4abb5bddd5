import type { Registry } from 'prom-client';
import type { OpenByHost, OpenStreams, Store, StoreMetrics } from '../../store';
import { counter, scraped, seconds, sizes } from './metrics';
import { remembered } from './remembered';

const registered = new WeakMap<Registry, StoreMetrics>();

/** What the store tells, as Prometheus metrics; several stores of one process share them. */
export function storeMetrics(registry: Registry): StoreMetrics {
  const known = registered.get(registry);
  if (known !== undefined) return known;
  const duration = seconds(registry, 'eventstore_append_duration_seconds', 'Duration of one transaction of appends', [
    'outcome',
  ]);
  const size = sizes(registry, 'eventstore_append_group_size', 'Appends that shared one transaction');
  const results = counter(
    registry,
    'eventstore_appends_total',
    'Appends by result; conflict is a bug and wants a look',
    ['result'],
  );
  const metrics: StoreMetrics = {
    committed: (group) => {
      duration.observe({ outcome: group.failed ? 'failed' : 'committed' }, group.seconds);
      size.observe(group.operations);
    },
    appended: ({ status }) => results.inc({ result: status }),
  };
  registered.set(registry, metrics);
  return metrics;
}

/** Milliseconds between two questions to the database, however often we are scraped, and that one scrape waits for an answer. */
const ASKED = { forMs: 15_000, withinMs: 1_000 };

/** Answers what is open and what waits. */
export interface WaitingStore {
  openStreams(): Promise<readonly OpenStreams[]>;
  openByHost(): Promise<readonly OpenByHost[]>;
  readonly parking: Pick<Store['parking'], 'count' | 'causes'>;
}

/** What is open and what waits, asked of the store with a scrape. Every process that tells it tells the same: take the maximum. */
export function waitingMetrics(registry: Registry, store: WaitingStore): void {
  const open = remembered(() => store.openStreams(), ASKED);
  const causes = remembered(() => store.parking.causes(), ASKED);
  const parked = remembered(() => store.parking.count(), ASKED);
  scraped(registry, 'millrace_open_streams', 'Sagas and journeys that are open', ['target', 'stage'], async () => {
    const answer = await open();
    return answer?.map(({ target, stage, streams }) => ({ labels: { target, stage }, value: streams }));
  });
  hostMetrics(registry, store);
  scraped(registry, 'millrace_parked_lanes', 'Lanes that are parked', ['target', 'cause'], async () => {
    const answer = await causes();
    return answer?.map(({ target, cause, lanes }) => ({ labels: { target, cause }, value: lanes }));
  });
  scraped(registry, 'millrace_parked_events', 'Events in parked lanes', [], async () => {
    const count = await parked();
    return count && [{ labels: {}, value: count.events }];
  });
}

function hostMetrics(registry: Registry, store: Pick<WaitingStore, 'openByHost'>): void {
  const open = remembered(() => store.openByHost(), ASKED);
  const byHost = (of: (open: OpenByHost) => number) => async () =>
    (await open())?.map((each) => ({ labels: { host: each.host }, value: of(each) }));
  scraped(
    registry,
    'millrace_host_journeys',
    'Open journeys of a host',
    ['host'],
    byHost(({ journeys }) => journeys),
  );
  scraped(
    registry,
    'millrace_host_overdue_seconds',
    'Since the oldest deadline that a host has missed; journeys with a failed machine are left out',
    ['host'],
    byHost(({ overdueSeconds }) => overdueSeconds),
  );
}
