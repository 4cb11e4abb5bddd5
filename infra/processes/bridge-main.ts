import { startBridge } from './bridge';
import { openMetrics } from './open-metrics';
import { runProcess } from './process';

void runProcess('bridge', async (context) => {
  await openMetrics(context);
  await startBridge(context);
});
