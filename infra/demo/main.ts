import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../config/config';
import { addresses, startDevelopment } from '../processes/development';
import { endingBySignals } from '../processes/ending';
import { StackError } from '../stack';
import { checkout } from '../stack/checkout';
import { type DemoArguments, readArguments, USAGE } from './arguments';
import { scriptsFromFile } from './events-file';
import { exitCode, INTERRUPTED } from './exit-code';
import { FileFault, orFileFault } from './file-fault';
import { play } from './play';

const hostings = { own: 'appointmentJourney=own', pooled: 'appointmentJourney=pooled:4' };

/** Deadlines short enough to be watched. */
const settings = {
  API_PORT: '0',
  ORDER_PAYMENT_DEADLINE_MS: '12000',
  APPOINTMENT_REMINDER_BEFORE_MS: '8000',
  APPOINTMENT_MISSED_AFTER_MS: '3000',
  APPOINTMENT_FOLLOW_UP_AFTER_MS: '2000',
  LOG_LEVEL: 'info',
};

async function demo({ stay, events, json, hosting }: DemoArguments): Promise<number> {
  const ending = endingBySignals(() => INTERRUPTED);
  const development = await startDevelopment({
    dataDir: 'temporary',
    settings: { ...settings, HOSTING: hostings[hosting] },
    logFile: join(checkout, '.millrace', 'demo.log'),
    onProgress: (line) => console.log(line),
    fail: (error) => {
      console.error(error);
      ending.failed();
    },
  });
  const asked = ending.asked();
  try {
    console.log(`\n${addresses(development)}\n`);
    const played = play(development, events).then(async (result) => {
      console.log(result.text);
      if (json !== undefined) await writeFile(json, `${JSON.stringify(result.table, null, 2)}\n`);
      if (stay) console.log(`Everything stays up until Ctrl-C.\n\n${addresses(development)}`);
      return result.agrees ? 0 : 1;
    });
    return await exitCode(played, asked, stay);
  } finally {
    await development.stop();
  }
}

/** What only the arguments can have wrong is found before anything starts. */
async function assertFiles({ events, json }: DemoArguments): Promise<void> {
  if (events !== undefined) await scriptsFromFile(events);
  if (json !== undefined) await orFileFault(`--json ${json} cannot be written`, appendFile(json, ''));
}

async function main(): Promise<number> {
  try {
    if (process.argv.includes('--help')) {
      console.log(`usage: ${USAGE}`);
      return 0;
    }
    const given = readArguments(process.argv.slice(2));
    await assertFiles(given);
    return await demo(given);
  } catch (failure) {
    const expected = failure instanceof StackError || failure instanceof ConfigError || failure instanceof FileFault;
    const badUsage =
      failure instanceof TypeError && 'code' in failure && String(failure.code).startsWith('ERR_PARSE_ARGS');
    console.error(badUsage ? `${failure.message}\nusage: ${USAGE}` : expected ? failure.message : failure);
    return 1;
  }
}

main().then((code) => process.exit(code));
