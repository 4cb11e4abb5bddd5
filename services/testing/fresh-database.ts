import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';

/** An address that the test runner puts into the environment. */
export function required(name: 'DATABASE_URL' | 'KAFKA_BROKERS'): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: run the integration tests with \`npm test\``);
  return value;
}

async function onServer(sql: string): Promise<void> {
  const client = new Client({ connectionString: required('DATABASE_URL') });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

export interface FreshDatabase {
  readonly url: string;
  readonly pool: Pool;
  drop(): Promise<void>;
}

/** A database of the test's own: other tests' outbox relays stay away from it. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const name = `services_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name}`);
  const url = new URL(required('DATABASE_URL'));
  url.pathname = `/${name}`;
  const pool = new Pool({ connectionString: url.href, max: 40 });
  pool.on('error', () => undefined);
  return {
    url: url.href,
    pool,
    async drop() {
      await pool.end();
      await onServer(`drop database ${name} with (force)`);
    },
  };
}
