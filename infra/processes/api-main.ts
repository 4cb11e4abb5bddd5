import { startApi } from './api';
import { runProcess } from './process';

void runProcess('api', async (context) => {
  await startApi(context);
});
