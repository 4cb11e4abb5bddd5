import type { Pool } from 'pg';

export interface BatchActivities {
  insertBatch(tenantId: string, moves: readonly { eventId: string; key: string; to: string }[]): Promise<void>;
}

export const BARE_SCHEMA = `create schema if not exists bare;
  create table if not exists bare.moves (tenant_id text, event_id text, key text, to_stage text, primary key (tenant_id, event_id))`;

export const createBatchActivities = (pool: Pool): BatchActivities => ({
  async insertBatch(tenantId, moves) {
    await pool.query(
      `insert into bare.moves select $1, * from unnest($2::text[], $3::text[], $4::text[]) on conflict do nothing`,
      [tenantId, moves.map(({ eventId }) => eventId), moves.map(({ key }) => key), moves.map(({ to }) => to)],
    );
  },
});
