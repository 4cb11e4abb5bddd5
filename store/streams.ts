import type { Queryable } from './connection';
import { decodeCursor, pageOf } from './cursor';
import type { Store } from './store';
import { requireIndexable } from './text';
import { transitionId } from './transition-id';
import type { DeliveredEvent, Json, StreamRow, StreamStatus, Transition, Verdict } from './types';

interface StreamRecord {
  readonly subject: string;
  readonly target: string;
  readonly tenant_id: string;
  readonly key: string;
  readonly chain: string;
  readonly version: number;
  readonly status: StreamStatus;
  readonly stage: string;
  readonly state: Json;
  readonly machine_version: number;
  readonly correlation_id: string;
  readonly deadline: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const streamRow = (record: StreamRecord): StreamRow => ({
  subject: record.subject,
  target: record.target,
  tenantId: record.tenant_id,
  key: record.key,
  chain: record.chain,
  version: record.version,
  status: record.status,
  stage: record.stage,
  state: record.state,
  machineVersion: record.machine_version,
  correlationId: record.correlation_id,
  deadline: record.deadline?.toISOString() ?? null,
  createdAt: record.created_at.toISOString(),
  updatedAt: record.updated_at.toISOString(),
});

export async function streamOf(connection: Queryable, subject: string): Promise<StreamRow | undefined> {
  const { rows } = await connection.query<StreamRecord>('select * from millrace.streams where subject = $1', [subject]);
  return rows[0] && streamRow(rows[0]);
}

/** The columns of an event that make a `Transition`. */
export interface TransitionRecord {
  readonly subject: string;
  readonly version: number;
  readonly from_stage: string | null;
  readonly to_stage: string;
  readonly causes: readonly string[];
  readonly detail: { readonly reason?: string; readonly data?: Json } | null;
  readonly recorded_at: Date;
}

export const transitionOf = (record: TransitionRecord): Transition => ({
  transitionId: transitionId(record.subject, record.version),
  version: record.version,
  from: record.from_stage,
  to: record.to_stage,
  causes: record.causes,
  ...record.detail,
  recordedAt: record.recorded_at.toISOString(),
});

export const createStreams = (connection: Queryable): Store['streams'] => ({
  get: (subject) => streamOf(connection, subject),

  async transitions(subject, afterVersion = 0, limit = 10_000) {
    const { rows } = await connection.query<TransitionRecord>(
      `select subject, version, from_stage, to_stage, causes, detail, recorded_at from millrace.events
      where subject = $1 and kind = 'transition' and version > $2 order by version limit $3`,
      [subject, afterVersion, limit],
    );
    return rows.map(transitionOf);
  },

  async late(subject) {
    const { rows } = await connection.query<{ late_event: DeliveredEvent }>(
      `select late_event from millrace.events where subject = $1 and kind = 'late'
      order by epoch, transaction_id, position`,
      [subject],
    );
    return rows.map(({ late_event }) => late_event);
  },

  async list({ target, stage, status, tenantId }, { limit, cursor }) {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const { rows } = await connection.query<StreamRecord>(
      `select * from millrace.streams
      where ($1::text is null or target = $1) and ($2::text is null or stage = $2)
        and ($3::text is null or status = $3) and ($4::text is null or tenant_id = $4)
        and ($5::timestamptz is null or (updated_at, subject) < ($5, $6))
      order by updated_at desc, subject desc limit $7`,
      [target, stage, status, tenantId, after?.at, after?.id, limit + 1],
    );
    return pageOf(rows.map(streamRow), limit, ({ updatedAt, subject }) => ({ at: updatedAt, id: subject }));
  },

  async verdict(subject, eventId) {
    const [verdict] = await verdicts(connection, subject, [eventId]);
    return verdict ?? 'no-stream';
  },

  verdicts: (subject, eventIds) => verdicts(connection, subject, eventIds),
});

async function verdicts(
  connection: Queryable,
  subject: string,
  eventIds: readonly string[],
): Promise<readonly Verdict[]> {
  requireIndexable({ subject });
  for (const eventId of eventIds) requireIndexable({ eventId });
  const { rows } = await connection.query<{ status: StreamStatus; consumed: readonly string[] }>(
    `select status, array(
      select event_id from millrace.consumed where subject = $1 and event_id = any($2::text[])
    ) as consumed from millrace.streams where subject = $1`,
    [subject, eventIds],
  );
  const stream = rows[0];
  if (stream === undefined) return eventIds.map(() => 'no-stream');
  const consumed = new Set(stream.consumed);
  return eventIds.map((eventId) => (consumed.has(eventId) ? 'duplicate' : stream.status));
}
