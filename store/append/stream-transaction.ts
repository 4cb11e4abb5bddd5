import type { PoolClient } from 'pg';
import { inTransaction, queryable } from '../connection';
import { storeError } from '../errors';
import { lockKey, sortedKeys } from '../lock-key';
import type { Json } from '../types';
import { readStored, settings, writeGroup } from './statements';
import type { Decision, LateWrite, Operation, Stored, StoredTransition, TransitionWrite, Writes } from './stored';

export type Outcome<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly error: Error };

/**
 * Runs operations on different subjects in one transaction of the connection. What one operation throws or refuses
 * fails that one alone; what PostgreSQL refuses fails all, and then nothing was written.
 * `alongside` writes more in the same transaction, after the locks.
 */
export async function runOperations<Result>(
  client: PoolClient,
  operations: readonly Operation<Result>[],
  alongside?: (results: readonly Outcome<Result>[], now: string) => Promise<void>,
): Promise<readonly Outcome<Result>[]> {
  return inTransaction(client, `${settings}; ${lockStreams(operations)}`, async () => {
    const { now, storedOf } = await read(client, operations);
    const decided = operations.map((operation) => decide(operation, storedOf(operation), now));
    await write(client, operations, decided, now);
    const outcomes = decided.map(outcomeOf);
    await alongside?.(outcomes, now);
    return outcomes;
  });
}

/**
 * Before the transaction has an id, and as a statement of its own: otherwise a transaction that waits here could get a
 * lower id than the one whose versions it follows, and the feed would show the stream in the wrong order.
 */
function lockStreams(operations: readonly Operation<unknown>[]): string {
  const keys = sortedKeys(operations.map(({ subject }) => lockKey('stream', subject)));
  return `${lockHosts(operations)}select pg_advisory_xact_lock(key) from unnest('{${keys.join(',')}}'::bigint[]) key`;
}

/** Shared, so that a new chain of the host waits for appends of the old one; before the streams, so that no two wait in a circle. */
function lockHosts(operations: readonly Operation<unknown>[]): string {
  const hosts = operations.flatMap(({ asks }) => (asks.host === undefined ? [] : [lockKey('host', asks.host)]));
  if (hosts.length === 0) return '';
  return `select pg_advisory_xact_lock_shared(key) from unnest('{${sortedKeys(hosts).join(',')}}'::bigint[]) key; `;
}

type Decided<Result> = Decision<Result> | Error;

function decide<Result>(operation: Operation<Result>, stored: Stored, now: string): Decided<Result> {
  try {
    return operation.decide(stored, now);
  } catch (error) {
    return storeError(error);
  }
}

const outcomeOf = <Result>(decided: Decided<Result>): Outcome<Result> =>
  decided instanceof Error ? { ok: false, error: decided } : { ok: true, result: decided.result };

interface StoredRows {
  readonly now: Date;
  readonly streams: readonly (NonNullable<Stored['stream']> & { subject: string })[] | null;
  readonly consumed: readonly { subject: string; eventId: string; version: number }[] | null;
  readonly transitions:
    | readonly (Omit<StoredTransition, 'reason' | 'data'> & {
        subject: string;
        version: number;
        detail: { reason?: string; data?: Json } | null;
      })[]
    | null;
  readonly hosts: Readonly<Record<string, string>> | null;
  readonly parked: readonly string[] | null;
}

async function read(
  client: PoolClient,
  operations: readonly Operation<unknown>[],
): Promise<{ now: string; storedOf: (operation: Operation<unknown>) => Stored }> {
  const events = operations.flatMap(({ subject, asks }) => asks.eventIds.map((eventId) => ({ subject, eventId })));
  const tails = operations.flatMap(({ subject, asks }) =>
    asks.transitionsAfter === null ? [] : [{ subject, version: asks.transitionsAfter }],
  );
  const { rows } = await queryable(client).query<StoredRows>(readStored, [
    operations.map(({ subject }) => subject),
    events.map(({ subject }) => subject),
    events.map(({ eventId }) => eventId),
    tails.map(({ subject }) => subject),
    tails.map(({ version }) => version),
    [...new Set(operations.flatMap(({ asks }) => asks.host ?? []))],
    operations.flatMap(({ subject, asks }) => (asks.parked === true ? [subject] : [])),
  ]);
  const row = rows[0];
  const streams = new Map(row?.streams?.map((stream) => [stream.subject, stream]));
  const consumed = groupBySubject(row?.consumed ?? []);
  const transitions = groupBySubject(row?.transitions ?? []);
  return {
    now: (row?.now ?? new Date()).toISOString(),
    storedOf: ({ subject, asks }) => ({
      stream: streams.get(subject),
      consumed: new Map(consumed.get(subject)?.map(({ eventId, version }) => [eventId, version])),
      transitions: new Map(
        transitions.get(subject)?.map(({ version, detail, recordedAt, ...transition }) => [
          version,
          {
            ...transition,
            reason: detail?.reason ?? null,
            data: detail?.data ?? null,
            recordedAt: new Date(recordedAt).toISOString(),
          },
        ]),
      ),
      hostChain: asks.host === undefined ? undefined : row?.hosts?.[asks.host],
      parked: asks.parked === true && row?.parked?.includes(subject) === true,
    }),
  };
}

function groupBySubject<Row extends { subject: string }>(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.subject);
    if (group === undefined) groups.set(row.subject, [row]);
    else group.push(row);
  }
  return groups;
}

async function write(
  client: PoolClient,
  operations: readonly Operation<unknown>[],
  decided: readonly Decided<unknown>[],
  now: string,
): Promise<void> {
  const written = operations.flatMap(({ subject }, index) => {
    const decision = decided[index];
    return decision === undefined || decision instanceof Error || decision.writes === undefined
      ? []
      : [{ subject, writes: decision.writes }];
  });
  if (written.length === 0) return;
  const streams = written.flatMap(({ writes }) => (writes.stream === undefined ? [] : [writes.stream]));
  const consumed = written.flatMap(({ subject, writes }) => writes.consumed.map((event) => ({ subject, ...event })));
  const events = written.flatMap(eventRows);
  await queryable(client).query(writeGroup, [
    streams.map(({ subject }) => subject),
    streams.map(({ target }) => target),
    streams.map(({ tenantId }) => tenantId),
    streams.map(({ key }) => key),
    streams.map(({ chain }) => chain),
    streams.map(({ version }) => version),
    streams.map(({ status }) => status),
    streams.map(({ stage }) => stage),
    streams.map(({ state }) => JSON.stringify(state)),
    streams.map(({ machineVersion }) => machineVersion),
    streams.map(({ correlationId }) => correlationId),
    streams.map(({ traceparent }) => traceparent),
    streams.map(({ deadline }) => deadline),
    now,
    consumed.map(({ subject }) => subject),
    consumed.map(({ eventId }) => eventId),
    consumed.map(({ version }) => version),
    events.map(({ kind }) => kind),
    events.map(({ subject }) => subject),
    events.map(({ version }) => version),
    events.map(({ from }) => from),
    events.map(({ to }) => to),
    events.map(({ causes }) => JSON.stringify(causes)),
    events.map(({ detail }) => detail),
    events.map(({ late }) => late),
    events.map(({ correlationId }) => correlationId),
    events.map(({ traceparent }) => traceparent),
  ]);
}

interface EventRow {
  readonly kind: 'transition' | 'late';
  readonly subject: string;
  readonly version: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly causes: readonly string[];
  readonly detail: string | null;
  readonly late: string | null;
  readonly correlationId: string;
  readonly traceparent: string | null;
}

const eventRows = ({ subject, writes }: { subject: string; writes: Writes }): readonly EventRow[] => [
  ...writes.transitions.map((transition) => transitionRow(subject, transition)),
  ...writes.late.map((late) => lateRow(subject, late)),
];

/** Reason and data as they are kept; null without either. */
export const detailOf = ({ reason, data }: TransitionWrite): string | null =>
  reason === undefined && data === undefined ? null : JSON.stringify({ reason, data });

const transitionRow = (subject: string, transition: TransitionWrite): EventRow => {
  const { version, from, to, causes, correlationId, traceparent } = transition;
  const detail = detailOf(transition);
  return { kind: 'transition', subject, version, from, to, causes, detail, late: null, correlationId, traceparent };
};

const lateRow = (subject: string, { version, event }: LateWrite): EventRow => ({
  kind: 'late',
  subject,
  version,
  from: null,
  to: null,
  causes: [],
  detail: null,
  late: JSON.stringify(event),
  correlationId: event.correlationId,
  traceparent: event.traceparent ?? null,
});
