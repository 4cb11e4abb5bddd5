import type { Queryable } from './connection';
import { StoreError } from './errors';
import { migrationNames } from './migrate';

/** Throws `not-migrated`, or `unavailable` when PostgreSQL does not answer. */
export async function requireMigrated(connection: Queryable): Promise<void> {
  const { rows: tables } = await connection.query<{ found: string | null }>(
    `select to_regclass('millrace.migrations')::text as found`,
  );
  const done = tables[0]?.found == null ? [] : await namesOn(connection);
  const missing = migrationNames().filter((name) => !done.includes(name));
  if (missing.length === 0) return;
  throw new StoreError('not-migrated', `Migrations did not run: ${missing.join(', ')}`, { missing: missing.length });
}

async function namesOn(connection: Queryable): Promise<readonly string[]> {
  const { rows } = await connection.query<{ name: string }>('select name from millrace.migrations');
  return rows.map(({ name }) => name);
}
