import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from './checkout';
import { removeData, userOf } from './data-folder';

/** `npm run stack:reset`: forgets the data that `npm start` and `npm run stack` keep. */
async function main(): Promise<void> {
  const folder = join(checkout, '.millrace');
  const data = join(folder, 'data');
  const user = userOf(data);
  if (user !== undefined) throw new Error(`${data} is in use by process ${user}; end that one first`);
  if (!existsSync(folder)) return console.log('nothing to forget');
  await removeData(data);
  await rm(folder, { recursive: true, force: true });
  console.log(`removed ${folder}`);
}

main().catch((failure: unknown) => {
  console.error(failure instanceof Error ? failure.message : failure);
  process.exitCode = 1;
});
