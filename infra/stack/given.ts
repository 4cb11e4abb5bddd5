import { readText, withFiles } from '../config/from-files';
import { kafkaSecurity, readTransport, temporalSecurity } from '../config/transport';
import { kafkaReady } from './kafka-ready';
import { postgresReady } from './postgres-ready';
import { type OnProgress, timed } from './progress';
import { StackError } from './stack-error';
import { temporalReady } from './temporal-ready';

const LIMIT_MS = 30_000;

/** The database that the environment names, by itself or in a file. */
export const givenDatabase = (): string | undefined => withFiles(process.env, readText).settings['DATABASE_URL'];

/** Servers that the environment names are waited for, aloud; what is told when they do not answer names the variable. */
export const given = {
  kafka: (onProgress: OnProgress, brokers: string[], limitMs = LIMIT_MS) =>
    waitFor(onProgress, `Kafka at ${brokers.join(',')}`, 'KAFKA_BROKERS', () =>
      kafkaReady(brokers, limitMs, undefined, kafkaSecurity(readTransport(process.env))),
    ),

  postgres: async (onProgress: OnProgress, databaseUrl: string, limitMs = LIMIT_MS) => {
    if (!/^postgres(ql)?:/.test(databaseUrl) || !URL.canParse(databaseUrl)) {
      const fault = 'DATABASE_URL is no URL that starts with postgres:// or postgresql://';
      throw new StackError('not-ready', `${fault}; correct it, or unset it and one is started here`);
    }
    await waitFor(onProgress, `PostgreSQL at ${new URL(databaseUrl).host}`, 'DATABASE_URL', () =>
      postgresReady(databaseUrl, limitMs),
    );
  },

  temporal: (onProgress: OnProgress, address: string, limitMs = LIMIT_MS) => {
    const namespace = process.env['TEMPORAL_NAMESPACE'] || 'default';
    return waitFor(onProgress, `Temporal at ${address}`, 'TEMPORAL_ADDRESS', () =>
      temporalReady(
        address,
        { namespace, create: false },
        limitMs,
        undefined,
        temporalSecurity(readTransport(process.env)),
      ),
    );
  },
};

async function waitFor(
  onProgress: OnProgress,
  what: string,
  variable: string,
  ready: () => Promise<void>,
): Promise<void> {
  try {
    await timed(onProgress, `waiting for ${what} (${variable})`, ready);
  } catch (failure) {
    if (!(failure instanceof StackError)) throw failure;
    const wayOut = `start it, correct ${variable}, or unset it and one is started here`;
    throw new StackError(failure.code, `${failure.message}; ${wayOut}`, { cause: failure });
  }
}
