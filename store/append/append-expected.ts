import type { PoolClient } from 'pg';
import { queryable } from '../connection';
import { lockKey, sortedKeys } from '../lock-key';
import { appendExpected } from './statements';
import type { Operation, Writes } from './stored';
import { detailOf, type Outcome, runOperations } from './stream-transaction';

/** An operation with what it writes if its stream stands as it expects. */
interface Expecting<Result> {
  readonly operation: Operation<Result>;
  readonly expects: NonNullable<Operation<Result>['expects']>;
  readonly stream: NonNullable<Writes['stream']>;
  readonly writes: Writes;
}

/**
 * Runs operations on different subjects. Those that say how they expect their stream to stand are decided on that, and
 * written in one round trip where it is so; the others, and those that were wrong, take `runOperations`.
 */
export async function runExpecting<Result>(
  client: PoolClient,
  operations: readonly Operation<Result>[],
): Promise<readonly Outcome<Result>[]> {
  const expecting = operations.flatMap(expectingOf);
  const written = await write(client, expecting);
  const others = operations.filter((operation) => !written.has(operation));
  const outcomes = others.length === 0 ? [] : await runOperations(client, others);
  for (const [index, operation] of others.entries()) {
    const outcome = outcomes[index];
    if (outcome !== undefined) written.set(operation, outcome);
  }
  return operations.flatMap((operation) => written.get(operation) ?? []);
}

/** Nothing for an operation that would not write, that would fail, or that adds late events. */
function expectingOf<Result>(operation: Operation<Result>): readonly Expecting<Result>[] {
  const { expects } = operation;
  if (expects === undefined) return [];
  try {
    const { writes } = operation.decide(expects, '');
    if (writes?.stream === undefined || writes.late.length > 0) return [];
    return [{ operation, expects, stream: writes.stream, writes }];
  } catch {
    return []; // it is thrown again where it is answered
  }
}

interface Written {
  readonly held: readonly number[] | null;
  readonly recorded_at: Date | null;
}

async function write<Result>(
  client: PoolClient,
  expecting: readonly Expecting<Result>[],
): Promise<Map<Operation<Result>, Outcome<Result>>> {
  const written = new Map<Operation<Result>, Outcome<Result>>();
  if (expecting.length === 0) return written;
  const rows = expecting.map(streamRow);
  const [answer] = (
    await queryable(client).query<Written>(appendExpected, [
      ...lockKeys(expecting),
      jsonOrNull(rows.filter(({ expected }) => expected > 0)),
      jsonOrNull(rows.filter(({ expected }) => expected === 0)),
      JSON.stringify(expecting.flatMap(consumedRows)),
      JSON.stringify(expecting.flatMap(eventRows)),
    ])
  ).rows;
  const now = answer?.recorded_at?.toISOString() ?? '';
  for (const nth of answer?.held ?? []) {
    const { operation, expects } = expecting[nth] ?? {};
    if (operation === undefined || expects === undefined) continue;
    written.set(operation, { ok: true, result: operation.decide(expects, now).result });
  }
  return written;
}

const jsonOrNull = (rows: readonly unknown[]): string | null => (rows.length === 0 ? null : JSON.stringify(rows));

/** Of the hosts, or null, and of the streams; see `runOperations`. */
function lockKeys(expecting: readonly Expecting<unknown>[]): readonly [string | null, string] {
  const hosts = expecting.flatMap(({ operation: { asks } }) =>
    asks.host === undefined ? [] : [lockKey('host', asks.host)],
  );
  const streams = expecting.map(({ operation }) => lockKey('stream', operation.subject));
  return [hosts.length === 0 ? null : arrayOf(hosts), arrayOf(streams)];
}

const arrayOf = (keys: readonly bigint[]): string => `{${sortedKeys(keys).join(',')}}`;

/** JSON that is kept as it is written is handed over as a string: PostgreSQL would read the escapes inside. */
const streamRow = ({ operation: { asks }, expects, stream }: Expecting<unknown>, nth: number) => ({
  nth,
  subject: stream.subject,
  target: stream.target,
  tenant_id: stream.tenantId,
  key: stream.key,
  chain: stream.chain,
  host_chain: expects.hostChain,
  fresh: asks.parked,
  expected: expects.stream?.version ?? 0,
  version: stream.version,
  status: stream.status,
  stage: stream.stage,
  state: JSON.stringify(stream.state),
  machine_version: stream.machineVersion,
  correlation_id: stream.correlationId,
  traceparent: stream.traceparent,
  deadline: stream.deadline,
});

const consumedRows = ({ stream: { subject }, writes }: Expecting<unknown>, nth: number) =>
  writes.consumed.map(({ eventId, version }) => ({ nth, subject, event_id: eventId, version }));

const eventRows = ({ stream: { subject }, writes }: Expecting<unknown>, nth: number) =>
  writes.transitions.map((transition) => ({
    nth,
    subject,
    version: transition.version,
    from_stage: transition.from,
    to_stage: transition.to,
    causes: transition.causes,
    detail: detailOf(transition),
    correlation_id: transition.correlationId,
    traceparent: transition.traceparent,
  }));
