import { openMetrics } from './open-metrics';
import { runProcess } from './process';
import { startRelay } from './relay';

void runProcess('relay', async (context) => {
  await openMetrics(context);
  await startRelay(context);
});
