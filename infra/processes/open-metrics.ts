import { serveMetrics } from '../telemetry/metrics';
import { namedPort } from './named-port';
import type { ProcessContext } from './process';

/** Serves the metrics of a process that has no HTTP of its own. */
export async function openMetrics({ config, registry, closing }: ProcessContext): Promise<void> {
  const metrics = await namedPort('METRICS_PORT', serveMetrics(registry, config));
  closing.add('metrics', () => metrics.close());
}
