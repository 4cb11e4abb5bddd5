import type { Registry } from 'prom-client';
import type { OpenStreams, Store, StoreMetrics } from '../../store';
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

/** What is open and what waits, asked of the store with a scrape. Every process that tells it tells the same: take the maximum. */
export function waitingMetrics(
  registry: Registry,
  store: { openStreams(): Promise<readonly OpenStreams[]>; readonly parking: Pick<Store['parking'], 'count'> },
): void {
  const open = remembered(() => store.openStreams(), ASKED);
  const parked = remembered(() => store.parking.count(), ASKED);
  const parkedNow = (of: (count: { lanes: number; events: number }) => number) => async () => {
    const count = await parked();
    return count && [{ labels: {}, value: of(count) }];
  };
  scraped(registry, 'millrace_open_streams', 'Sagas and journeys that are open', ['target', 'stage'], async () => {
    const answer = await open();
    return answer?.map(({ target, stage, streams }) => ({ labels: { target, stage }, value: streams }));
  });
  scraped(
    registry,
    'millrace_parked_lanes',
    'Lanes that are parked',
    [],
    parkedNow(({ lanes }) => lanes),
  );
  scraped(
    registry,
    'millrace_parked_events',
    'Events in parked lanes',
    [],
    parkedNow(({ events }) => events),
  );
}
