import type { Registry } from 'prom-client';
import type { StoreMetrics } from '../../store';
import { counter, seconds, sizes } from './metrics';

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
