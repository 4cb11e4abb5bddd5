import { given } from './given';
import { freePort } from './ports';

const limitMs = 1;

describe('a server that the environment names and that does not answer', () => {
  it.each([
    ['Kafka', 'KAFKA_BROKERS', (tell: (line: string) => void, at: string) => given.kafka(tell, [at], limitMs)],
    ['Temporal', 'TEMPORAL_ADDRESS', (tell: (line: string) => void, at: string) => given.temporal(tell, at, limitMs)],
    [
      'PostgreSQL',
      'DATABASE_URL',
      (tell: (line: string) => void, at: string) => given.postgres(tell, `postgres://someone:secret@${at}/x`, limitMs),
    ],
  ])('%s: is named at once, and with its variable at the end', async (name, variable, wait) => {
    const told: string[] = [];
    const at = `127.0.0.1:${await freePort()}`;
    await expect(wait((line) => told.push(line), at)).rejects.toThrow(
      new RegExp(`^${name} at ${at} did not answer .*; start it, correct ${variable}, or unset it`),
    );
    expect(told[0]).toBe(`waiting for ${name} at ${at} (${variable})`);
  });

  it.each(['secret', 'someone:secret', 'postgres://someone:secret@:x/'])(
    'PostgreSQL: %s is refused by its variable, without its value',
    async (databaseUrl) => {
      const refused = given.postgres(() => undefined, databaseUrl, limitMs);
      await expect(refused).rejects.toThrow(
        /^DATABASE_URL is no URL that starts with postgres:[^;]*; correct it, or unset it and one is started here$/,
      );
    },
  );
});
