import { serveMetrics } from '../telemetry/metrics';
import { runProcess } from './process';
import { startRelay } from './relay';

void runProcess('relay', async (context) => {
  const metrics = await serveMetrics(context.registry, context.config);
  context.closing.add('metrics', () => metrics.close());
  await startRelay(context);
});
