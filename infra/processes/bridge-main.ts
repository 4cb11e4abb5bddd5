import { serveMetrics } from '../telemetry/metrics';
import { startBridge } from './bridge';
import { runProcess } from './process';

void runProcess('bridge', async (context) => {
  const metrics = await serveMetrics(context.registry, context.config);
  context.closing.add('metrics', () => metrics.close());
  await startBridge(context);
});
