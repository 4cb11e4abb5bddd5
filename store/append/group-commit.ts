import { StoreError, storeError } from '../errors';
import { type GroupLimits, takeGroup } from './group';
import type { Decision, Operation } from './stored';
import type { Outcome } from './stream-transaction';

export interface GroupCommit {
  /** Joins the next transaction that has room; resolves when it is committed. */
  submit<Result>(operation: Operation<Result>): Promise<Result>;
  /** All of them before the next transaction begins, so that they share few. */
  submitAll<Result>(operations: readonly Operation<Result>[]): Promise<PromiseSettledResult<Result>[]>;
  /** Refuses new operations and waits for those that were submitted. */
  close(): Promise<void>;
}

export interface GroupCommitOptions {
  /** One transaction; see `runOperations`. */
  readonly run: (operations: readonly Operation<void>[]) => Promise<readonly Outcome<void>[]>;
  readonly limits: GroupLimits;
  /** Transactions at the same time, on different subjects. */
  readonly transactions: number;
  /** Bytes up to which what waits is not divided among the transactions that are free: each has its price. */
  readonly worthDividing: number;
}

interface Submitted {
  readonly subject: string;
  readonly bytes: number;
  readonly operation: Operation<void>;
  readonly succeed: () => void;
  readonly fail: (error: Error) => void;
}

/**
 * Operations that arrive in one turn of the event loop, or while transactions are in flight, share the next one: idle,
 * nothing waits; under load, commits are shared. Callers that one commit has answered come back together and stay so.
 */
export function createGroupCommit({ run, limits, transactions, worthDividing }: GroupCommitOptions): GroupCommit {
  let queue: Submitted[] = [];
  const inFlight = new Set<string>();
  let running = 0;
  let closed = false;
  let whenIdle: (() => void)[] = [];

  const pump = (): void => {
    while (running < transactions) {
      const share = queue.reduce((sum, { bytes }) => sum + bytes, 0) / (transactions - running);
      const bytes = Math.min(limits.bytes, Math.max(worthDividing, share));
      const { group, rest } = takeGroup(queue, inFlight, { ...limits, bytes });
      if (group.length === 0) break;
      queue = [...rest];
      running += 1;
      for (const { subject } of group) inFlight.add(subject);
      void commit(group, run).finally(() => {
        running -= 1;
        for (const { subject } of group) inFlight.delete(subject);
        pumpSoon();
      });
    }
    if (running === 0 && queue.length === 0) {
      for (const resolve of whenIdle) resolve();
      whenIdle = [];
    }
  };

  let awaitsTurn = false;
  const pumpSoon = (): void => {
    if (awaitsTurn) return;
    awaitsTurn = true;
    setImmediate(() => {
      awaitsTurn = false;
      pump();
    });
  };

  const enqueue = <Result>(operation: Operation<Result>): Promise<Result> =>
    new Promise<Result>((resolve, reject) => {
      if (closed) reject(new StoreError('closed', 'The store is closed'));
      else queue.push(submitted(operation, resolve, reject));
    });

  return {
    submit: <Result>(operation: Operation<Result>) => {
      const result = enqueue(operation);
      pumpSoon();
      return result;
    },
    submitAll: <Result>(operations: readonly Operation<Result>[]) => {
      const results = Promise.allSettled(operations.map((operation) => enqueue(operation)));
      pumpSoon();
      return results;
    },
    close: () =>
      new Promise((resolve) => {
        closed = true;
        whenIdle.push(resolve);
        pump();
      }),
  };
}

/** Keeps the typed result beside the operation, so that operations of all kinds can share a group. */
function submitted<Result>(
  operation: Operation<Result>,
  resolve: (result: Result) => void,
  reject: (error: Error) => void,
): Submitted {
  const { subject, bytes, asks, expects } = operation;
  let decision: Decision<Result> | undefined;
  return {
    subject,
    bytes,
    operation: {
      subject,
      bytes,
      asks,
      expects,
      decide(stored, now) {
        decision = operation.decide(stored, now);
        return { result: undefined, writes: decision.writes };
      },
    },
    succeed: () => {
      if (decision === undefined) reject(new StoreError('refused-by-database', 'Nothing was decided', { subject }));
      else resolve(decision.result);
    },
    fail: reject,
  };
}

/** One transaction for all; if PostgreSQL refuses it for good, one for each, so that the culprit fails alone. */
async function commit(group: readonly Submitted[], run: GroupCommitOptions['run']): Promise<void> {
  try {
    const outcomes = await run(group.map(({ operation }) => operation));
    for (const [index, { succeed, fail }] of group.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined || outcome.ok) succeed();
      else fail(outcome.error);
    }
  } catch (error) {
    const failure = storeError(error);
    if (failure.transient || group.length === 1) {
      for (const { fail } of group) fail(failure);
      return;
    }
    for (const member of group) await commit([member], run);
  }
}
