import { randomUUID } from 'node:crypto';
import { Client, Pool } from 'pg';
import { migrate } from './migrate';

export interface FreshDatabase {
  readonly url: string;
  readonly pool: Pool;
  drop(): Promise<void>;
}

/** `DATABASE_URL`: any database of a server on which tests may create others. Throws when unset. */
export function testDatabaseUrl(): string {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Error('DATABASE_URL is not set: integration tests need a PostgreSQL server');
  return url;
}

const administer = async (statement: string): Promise<void> => {
  const client = new Client({ connectionString: testDatabaseUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

/** Waits, for five seconds at most, until nobody is connected: `end()` resolves before PostgreSQL has let go of a connection, and one that is cut then is an error that nobody hears. */
const emptied = (name: string): string => `
  do $$ begin
    for turn in 1..500 loop
      perform pg_stat_clear_snapshot();
      exit when not exists (select from pg_stat_activity where datname = '${name}');
      perform pg_sleep(0.01);
    end loop;
  end $$`;

/** A migrated database of its own, for tests: `const database = await freshDatabase()`, `afterAll(() => database.drop())`. */
export async function freshDatabase(
  options: { readonly migrated?: boolean; readonly max?: number } = {},
): Promise<FreshDatabase> {
  const name = `millrace_test_${randomUUID().replaceAll('-', '')}`;
  await administer(`create database ${name}`);
  const url = new URL(testDatabaseUrl());
  url.pathname = `/${name}`;
  if (options.migrated !== false) await migrate(url.href);
  const pool = new Pool({ connectionString: url.href, max: options.max ?? 10 });
  return {
    url: url.href,
    pool,
    async drop() {
      await pool.end();
      await administer(emptied(name));
      await administer(`drop database if exists ${name} with (force)`);
    },
  };
}

/** Lends a fresh database to `work` and drops it afterwards. */
export async function withFreshDatabase<T>(work: (database: FreshDatabase) => Promise<T>): Promise<T> {
  const database = await freshDatabase();
  try {
    return await work(database);
  } finally {
    await database.drop();
  }
}
