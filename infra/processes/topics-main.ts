import { prepare } from './prepare';
import { runProcess } from './process';

/** `npm run topics`: migrations and topics, then ends; exit code 1 if a topic differs from the code. */
void runProcess('topics', async (context) => {
  const drift = await prepare(context);
  for (const { topic, what, wanted, found } of drift)
    process.stdout.write(`${topic}: ${what} is ${found}, the code says ${wanted}\n`);
  if (drift.length === 0) process.stdout.write('All topics are as the code says.\n');
  await context.closing.close();
  process.exit(drift.length === 0 ? 0 : 1);
});
