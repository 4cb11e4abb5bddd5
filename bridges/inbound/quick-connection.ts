import type { AsyncLocalStorage } from 'node:async_hooks';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { quickTries } from './quick-tries';
import { BARRIER_DEADLINE_MS } from './workflow-calls';

/** Milliseconds until a call that got no answer has failed, all its tries included. */
export interface CallDeadlines {
  readonly callMs: number;
  readonly barrierMs: number;
}

export const CALL_DEADLINES: CallDeadlines = { callMs: 10_000, barrierMs: BARRIER_DEADLINE_MS };

const isBarrier = (path: string): boolean => path.endsWith('/UpdateWorkflowExecution');

/**
 * The bridge's connection to Temporal, for a process that makes many small promises. The SDK keeps what belongs to a call
 * in an `AsyncLocalStorage`; from the first use of one, Node 20 tells a hook of each promise that the process makes, which
 * was a third of the bridge's CPU time (docs/benchmarks.md). Here the storage holds only while its function runs, up to its
 * first await: enough for the headers that the SDK sets as it sends, too little for `withDeadline`, so deadlines come from
 * here. Rejects if the server cannot be reached.
 */
export async function quickConnection(
  options: Omit<ConnectionOptions, 'interceptors'>,
  deadlines: CallDeadlines = CALL_DEADLINES,
  random?: () => number,
): Promise<Connection> {
  const interceptors = quickTries(random).map((tries): typeof tries => (call, next) => {
    const ms = isBarrier(call.method_definition.path) ? deadlines.barrierMs : deadlines.callMs;
    return tries({ ...call, deadline: call.deadline ?? Date.now() + ms }, next);
  });
  const connection = Connection.lazy({ ...options, interceptors });
  holdWhileRunning(connection.callContextStorage);
  await connection.ensureConnected();
  return connection;
}

function holdWhileRunning<Context>(storage: AsyncLocalStorage<Context>): void {
  let current: Context | undefined;
  storage.getStore = () => current;
  storage.run = <R, Args extends unknown[]>(context: Context, work: (...args: Args) => R, ...args: Args): R => {
    const before = current;
    current = context;
    try {
      return work(...args);
    } finally {
      current = before;
    }
  };
}
