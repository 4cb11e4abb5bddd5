import type { Pool } from 'pg';
import type { Contender } from '../contender';
import type { Stage } from '../stage';

/** What everybody but the platform records of an event: one row, inserted and committed by itself. */
export interface RecordedMove {
  readonly tenantId: string;
  readonly eventId: string;
  readonly key: string;
  /** Null as well where nothing is kept from one event of a key to the next. */
  readonly from: string | null;
  readonly to: string;
}

const SCHEMA = `
  create schema if not exists recorded;
  create table if not exists recorded.moves (
    event_id text primary key,
    tenant_id text not null,
    key text not null,
    from_stage text,
    to_stage text not null,
    inserted_at timestamptz not null default clock_timestamp(),
    position bigint generated always as identity
  );
  create index if not exists moves_by_tenant on recorded.moves (tenant_id);`;

/** The second insertion of an event leaves the first as it is. */
export async function insertMove(pool: Pool, { tenantId, eventId, key, from, to }: RecordedMove): Promise<void> {
  await pool.query(
    `insert into recorded.moves (event_id, tenant_id, key, from_stage, to_stage)
    values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [eventId, tenantId, key, from, to],
  );
}

/** The part of a contender that looks at those rows. Creates the table. */
export async function recordedMoves({
  pool,
}: Stage): Promise<Pick<Contender, 'countStored' | 'storedEvents' | 'settle' | 'watch'>> {
  await pool.query(SCHEMA);
  const rows = async (tenantId: string) => {
    const found = await pool.query<{ event_id: string; at: number }>(
      `select event_id, extract(epoch from inserted_at)::double precision * 1000 as at
      from recorded.moves where tenant_id = $1 order by position`,
      [tenantId],
    );
    return found.rows;
  };
  return {
    countStored: async (tenantId) => {
      const text = 'select count(*)::integer as count from recorded.moves where tenant_id = $1';
      const { rows } = await pool.query<{ count: number }>(text, [tenantId]);
      return rows[0]?.count ?? 0;
    },
    storedEvents: async (tenantId) => (await rows(tenantId)).map(({ event_id }) => event_id),
    settle: async () => undefined,
    watch: async (tenantId) => ({
      seen: async () => new Map((await rows(tenantId)).map(({ event_id, at }) => [event_id, at])),
      stop: async () => undefined,
    }),
  };
}
