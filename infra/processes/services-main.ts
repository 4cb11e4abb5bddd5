import { openMetrics } from './open-metrics';
import { runProcess } from './process';
import { startServices } from './services';

/** The outside that comes along: inventory, payments and shipping in one process. */
void runProcess('services', async (context) => {
  await openMetrics(context);
  await startServices(context);
});
