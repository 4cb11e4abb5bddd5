import type { Pool } from 'pg';

export interface NaiveTransition {
  readonly tenantId: string;
  readonly eventId: string;
  readonly key: string;
  readonly from: string | null;
  readonly to: string;
}

export interface TransitionActivities {
  insertTransition(transition: NaiveTransition): Promise<void>;
}

export const NAIVE_SCHEMA = `
  create schema if not exists naive;
  create table if not exists naive.transitions (
    event_id text primary key,
    tenant_id text not null,
    key text not null,
    from_stage text,
    to_stage text not null,
    inserted_at timestamptz not null default clock_timestamp()
  );
  create index if not exists transitions_by_tenant on naive.transitions (tenant_id);`;

export const createTransitionActivities = (pool: Pool): TransitionActivities => ({
  async insertTransition({ tenantId, eventId, key, from, to }) {
    await pool.query(
      `insert into naive.transitions (event_id, tenant_id, key, from_stage, to_stage)
      values ($1, $2, $3, $4, $5) on conflict do nothing`,
      [eventId, tenantId, key, from, to],
    );
  },
});
