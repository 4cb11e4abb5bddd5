import type { Envelope } from '@millrace/events';
import type { Pool, PoolClient } from 'pg';
import type { ServiceName } from './service-name';

/** An event as it waits to be published, whole: it goes out the same however often it is sent. */
export interface OutboxEntry {
  readonly event: Envelope;
  readonly traceparent: string | undefined;
}

export interface OutboxRow {
  readonly position: string;
  readonly event: Envelope;
  readonly traceparent: string | null;
}

export const outboxTable = (service: ServiceName): string =>
  `create table ${service}.outbox (
     position bigint generated always as identity primary key,
     event jsonb not null,
     traceparent text,
     added_at timestamptz not null default now()
   )`;

/** Adds in the order given, in the caller's transaction: the events exist if and only if what they tell does. */
export async function addToOutbox(
  tx: PoolClient,
  service: ServiceName,
  entries: readonly OutboxEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(
    `insert into ${service}.outbox (event, traceparent)
     select event::jsonb, traceparent from unnest($1::text[], $2::text[]) with ordinality as entry (event, traceparent, place) order by place`,
    [entries.map(({ event }) => JSON.stringify(event)), entries.map(({ traceparent }) => traceparent ?? null)],
  );
}

/** Events committed and not yet acknowledged by Kafka. */
export async function outboxDepth(pool: Pool, service: ServiceName): Promise<number> {
  const { rows } = await pool.query<{ depth: number }>(`select count(*)::int as depth from ${service}.outbox`);
  return rows[0]?.depth ?? 0;
}
