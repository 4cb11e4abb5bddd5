import { serveMetrics } from '../telemetry/metrics';
import { installTemporalRuntime } from '../telemetry/temporal-runtime';
import { runProcess } from './process';
import { startWorker } from './worker';

void runProcess('worker', async (context) => {
  const { config, logger, registry, closing } = context;
  installTemporalRuntime(logger, config.TEMPORAL_METRICS_PORT);
  const metrics = await serveMetrics(registry, config);
  closing.add('metrics', () => metrics.close());
  await startWorker(context);
});
