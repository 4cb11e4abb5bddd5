import { join } from 'node:path';
import { INTERRUPTED_EARLY } from '../processes/ending';
import { checkout } from './checkout';
import { portsFromEnvironment, StackError, startStack } from './index';

/** `npm run stack`: the servers alone, with data that stays, until Ctrl-C. */
async function main(): Promise<void> {
  const stopAsked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  const starting = startStack({
    dataDir: join(checkout, '.millrace/data'),
    ports: portsFromEnvironment(),
    onProgress: (line) => console.log(line),
  });
  const stack = await Promise.race([starting, stopAsked]);
  if (stack === undefined) {
    console.error(INTERRUPTED_EARLY);
    return process.exit(130); // the guards end what has started
  }
  console.log(`
Kafka       ${stack.kafkaBrokers.join(',')}   (${stack.how['kafka']})
Temporal    ${stack.temporalAddress}   (${stack.how['temporal']})
Web UI      ${stack.temporalUiUrl ?? 'none'}
PostgreSQL  ${stack.databaseUrl}   (${stack.how['postgres']})

Ctrl-C ends them.`);
  const waiting = setInterval(() => undefined, 60_000);
  await stopAsked;
  clearInterval(waiting);
  console.log('stopping');
  await stack.stop();
}

main().catch((failure: unknown) => {
  console.error(failure instanceof StackError ? failure.message : failure);
  process.exitCode = 1;
});
