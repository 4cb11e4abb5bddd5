import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config/config';
import { portsFromEnvironment, StackError } from '../stack';
import { checkout } from '../stack/checkout';
import { isFree } from '../stack/ports';
import { addresses, startDevelopment } from './development';
import { endingBySignals } from './ending';

/** The documented port of a service, or a free one where another program has it. */
const addressAt = async (port: number) => `http://127.0.0.1:${(await isFree(port)) ? port : 0}`;

/** `npm start`: servers and platform with data that stays, until Ctrl-C. */
async function main(): Promise<void> {
  const folder = join(checkout, '.millrace');
  mkdirSync(folder, { recursive: true });
  const logFile = join(folder, 'platform.log');
  const ending = endingBySignals((signal) => (signal === 'SIGINT' ? 130 : 0));
  const development = await startDevelopment({
    dataDir: join(folder, 'data'),
    ports: portsFromEnvironment(),
    settings: {
      INVENTORY_URL: await addressAt(8091),
      PAYMENTS_URL: await addressAt(8092),
      SHIPPING_URL: await addressAt(8093),
    },
    logFile,
    onProgress: (line) => console.log(line),
    fail: (error) => {
      console.error(error);
      ending.failed();
    },
  });
  const ended = ending.asked();
  console.log(`\n${addresses(development)}\nLog         ${logFile}\n\nCtrl-C ends it in order, a second one at once.`);
  const code = await ended;
  console.log('draining');
  await development.stop();
  process.exit(code === 130 ? 0 : code);
}

main().catch((failure: unknown) => {
  console.error(failure instanceof StackError || failure instanceof ConfigError ? failure.message : failure);
  process.exit(1);
});
