import { installTemporalRuntime } from '../telemetry/temporal-runtime';
import { openMetrics } from './open-metrics';
import { runProcess } from './process';
import { startWorker } from './worker';

void runProcess('worker', async (context) => {
  const { config, logger } = context;
  installTemporalRuntime(logger, config.TEMPORAL_METRICS_PORT);
  await openMetrics(context);
  await startWorker(context);
});
