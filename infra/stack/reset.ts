import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './checkout';
import { forgetContainers } from './containers';
import { removeData, userOf } from './data-folder';

/** `npm run stack:reset`: forgets the data that `npm start` and `npm run stack` keep. */
async function main(): Promise<void> {
  const data = join(checkout, '.millrace/data');
  const user = userOf(data);
  if (user !== undefined) throw new Error(`${data} is in use by process ${user}; end that one first`);
  if (!existsSync(data)) return console.log('nothing to forget');
  await forgetContainers(data);
  await removeData(data);
  console.log(`removed ${data}`);
}

main().catch((failure: unknown) => {
  console.error(failure instanceof Error ? failure.message : failure);
  process.exitCode = 1;
});
