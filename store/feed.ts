import type { Queryable } from './connection';
import type { Store } from './store';
import { type TransitionRecord, transitionOf } from './streams';
import type { DeliveredEvent, FeedEntry, FeedPosition, SubjectRef } from './types';

interface FeedPlace {
  readonly epoch: number;
  readonly transaction_id: string;
  readonly position: string;
}

interface EntryShape {
  readonly target: string;
  readonly tenant_id: string;
  readonly key: string;
  readonly correlation_id: string;
  readonly traceparent: string | null;
}

type FeedRecord = FeedPlace &
  EntryShape &
  (
    | (TransitionRecord & { readonly kind: 'transition' })
    | (Omit<TransitionRecord, 'to_stage'> & { readonly kind: 'late'; readonly late_event: DeliveredEvent })
  );

const positionOf = ({ epoch, transaction_id, position }: FeedPlace): FeedPosition => ({
  epoch,
  transactionId: transaction_id,
  position,
});

function entryOf(record: FeedRecord): FeedEntry {
  const ref: SubjectRef = {
    subject: record.subject,
    target: record.target,
    tenantId: record.tenant_id,
    key: record.key,
  };
  const common = {
    ...ref,
    at: positionOf(record),
    correlationId: record.correlation_id,
    traceparent: record.traceparent,
    recordedAt: record.recorded_at.toISOString(),
  };
  return record.kind === 'transition'
    ? { ...common, kind: 'transition', transition: transitionOf(record) }
    : { ...common, kind: 'late', event: record.late_event, version: record.version };
}

/**
 * In commit order: (epoch, transaction id, position). Rows of the current epoch are shown once no transaction with a
 * lower id can still commit; by position alone, what an older transaction commits later would be passed over
 * (docs/architecture.md, "Who decides what"). Earlier epochs are complete.
 */
export const createFeed = (connection: Queryable): Store['feed'] => ({
  async read(after, limit) {
    const from = after ?? { epoch: 0, transactionId: '0', position: '0' };
    const { rows } = await connection.query<FeedRecord>(
      `select e.epoch, e.transaction_id::text, e.position, e.kind, e.subject, s.target, s.tenant_id, s.key, e.version,
        e.from_stage, e.to_stage, e.causes, e.detail, e.late_event, e.correlation_id, e.traceparent, e.recorded_at
      from millrace.events e
        cross join lateral (select * from millrace.streams where streams.subject = e.subject offset 0) s
      where (e.epoch, e.transaction_id, e.position) > ($1::integer, $2::text::xid8, $3::bigint)
        and (e.epoch < (select epoch from millrace.feed_epoch)
          or e.transaction_id < pg_snapshot_xmin(pg_current_snapshot()))
      order by e.epoch, e.transaction_id, e.position limit $4`,
      [from.epoch, from.transactionId, from.position, limit],
    );
    return rows.map(entryOf);
  },
});

/** How far each subscription got. */
export const createCheckpoints = (connection: Queryable): Pick<Store['subscriptions'], 'checkpoint' | 'save'> => ({
  async checkpoint(name) {
    const { rows } = await connection.query<FeedPlace>(
      'select epoch, transaction_id::text, position from millrace.subscriptions where name = $1',
      [name],
    );
    return rows[0] === undefined ? null : positionOf(rows[0]);
  },

  async save(name, { epoch, transactionId, position }) {
    const { rows } = await connection.query(
      `insert into millrace.subscriptions as saved (name, epoch, transaction_id, position)
      values ($1, $2, $3::text::xid8, $4)
      on conflict (name) do update set epoch = excluded.epoch, transaction_id = excluded.transaction_id,
        position = excluded.position, updated_at = now()
      where (saved.epoch, saved.transaction_id, saved.position)
        <= (excluded.epoch, excluded.transaction_id, excluded.position)
      returning name`,
      [name, epoch, transactionId, position],
    );
    return rows.length > 0;
  },
});
