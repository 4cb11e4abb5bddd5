import { serveMetrics } from '../telemetry/metrics';
import { runProcess } from './process';
import { startServices } from './services';

/** The outside that comes along: inventory, payments and shipping in one process. */
void runProcess('services', async (context) => {
  const metrics = await serveMetrics(context.registry, context.config);
  context.closing.add('metrics', () => metrics.close());
  await startServices(context);
});
