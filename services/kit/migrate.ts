import type { Pool } from 'pg';
import type { ServiceName } from './service-name';
import { inTransaction } from './transaction';

/** First number of the services' two-number advisory locks, which share nothing with one-number locks. */
export const MIGRATION_LOCKS = 7301;

/**
 * Applies the steps that this schema has not seen, in order, all or none. Runs may overlap: one works, the others wait
 * and find nothing to do. A step that was published is never edited; append another.
 */
export async function migrateSchema(pool: Pool, schema: ServiceName, steps: readonly string[]): Promise<void> {
  await inTransaction(pool, async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [MIGRATION_LOCKS, schema]);
    await tx.query(`create schema if not exists ${schema}`);
    await tx.query(
      `create table if not exists ${schema}.migrations (version int primary key, applied_at timestamptz not null default now())`,
    );
    const { rows } = await tx.query<{ done: number }>(
      `select coalesce(max(version), 0) as done from ${schema}.migrations`,
    );
    const done = rows[0]?.done ?? 0;
    for (const [index, step] of steps.entries()) {
      if (index < done) continue;
      await tx.query(step);
      await tx.query(`insert into ${schema}.migrations (version) values ($1)`, [index + 1]);
    }
  });
}
