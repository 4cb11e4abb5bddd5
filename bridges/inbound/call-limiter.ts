import { type Clock, systemClock } from '@millrace/kafka';
import type { SubjectRef } from '../../store/types';
import { type BridgeMetrics, noBridgeMetrics } from '../metrics';
import { afterCall, CALL_LIMIT, type CallEnd, type CallLimitSettings, firstLimit, hasRoom } from './call-limit';
import type { HostCalls } from './host-mailbox';
import { CallError, type WorkflowCalls } from './workflow-calls';

/** Lets as many calls through as Temporal takes; the others wait in the order they came. */
export interface CallLimiter {
  /** Runs a call that carries events when there is room. Rejects as the call does, or with `CallError` once stopped. */
  run<T>(call: () => Promise<T>): Promise<T>;
  /** Runs a barrier: it waits for a workflow, not for the server, so it takes no room; it holds still while all calls do. */
  barrier<T>(call: () => Promise<T>): Promise<T>;
  stats(): CallLimiterStats;
  /** Rejects what waits: it was not sent, and is read again by whoever owns its partition next. */
  stop(): void;
}

export interface CallLimiterStats {
  /** Calls that may be under way. */
  readonly limit: number;
  readonly inFlight: number;
  readonly waiting: number;
}

interface Waiter {
  readonly begin: () => void;
  readonly reject: (error: CallError) => void;
}

/** Faults that say something about Temporal; the others are about one call or one workflow. */
const isRefusal = (error: unknown): error is CallError =>
  error instanceof CallError && ['exhausted', 'unavailable', 'deadline'].includes(error.fault);

export function createCallLimiter({
  settings: given = {},
  clock = systemClock,
  random = Math.random,
  metrics = noBridgeMetrics,
}: {
  settings?: Partial<CallLimitSettings>;
  clock?: Clock;
  /** For jitter; in [0, 1). */
  random?: () => number;
  metrics?: Pick<BridgeMetrics, 'callWaited' | 'callLimitCut'>;
} = {}): CallLimiter {
  const settings = { ...CALL_LIMIT, ...given };
  let state = firstLimit(settings, clock.now());
  let inFlight = 0;
  const waiting = { calls: [] as Waiter[], barriers: [] as Waiter[] };
  let cancelAlarm: (() => void) | undefined;
  let stopped = false;

  type Queue = keyof typeof waiting;
  const mayBegin = (queue: Queue): boolean => hasRoom(state, queue === 'calls' ? inFlight : 0, clock.now());

  function pump(): void {
    for (const queue of ['calls', 'barriers'] as const) {
      let next = 0;
      while (next < waiting[queue].length && mayBegin(queue)) {
        waiting[queue][next]?.begin();
        next += 1;
      }
      if (next > 0) waiting[queue] = waiting[queue].slice(next);
    }
    if (clock.now() < state.pausedUntil) wakeAfterPause();
  }

  /** Later by up to a half, so that bridges that were refused together do not come back together. */
  function wakeAfterPause(): void {
    if (cancelAlarm !== undefined) return;
    const ms = (state.pausedUntil - clock.now()) * (1 + random() / 2);
    cancelAlarm = clock.after(ms, () => {
      cancelAlarm = undefined;
      pump();
    });
  }

  function enter(queue: Queue): Promise<void> {
    if (stopped) return Promise.reject(stopping());
    const came = clock.now();
    return new Promise((resolve, reject) => {
      const begin = () => {
        if (queue === 'calls') inFlight += 1;
        metrics.callWaited(clock.now() - came);
        resolve();
      };
      waiting[queue].push({ begin, reject });
      pump();
    });
  }

  function ended(call: CallEnd): void {
    state = afterCall(state, call, settings);
    if (state.cut !== undefined) metrics.callLimitCut(state.cut);
  }

  return {
    async run(call) {
      await enter('calls');
      const beganAt = clock.now();
      let result: CallEnd['result'] = 'answered';
      try {
        return await call();
      } catch (error) {
        if (isRefusal(error)) result = 'refused';
        throw error;
      } finally {
        ended({ beganAt, endedAt: clock.now(), result, inFlight });
        inFlight -= 1;
        pump();
      }
    },

    async barrier(call) {
      await enter('barriers');
      const beganAt = clock.now();
      try {
        return await call();
      } catch (error) {
        // A deadline says that the workflow is busy, and the time it took says the same.
        if (isRefusal(error) && error.fault !== 'deadline')
          ended({ beganAt, endedAt: clock.now(), result: 'refused', inFlight });
        throw error;
      }
    },

    stats: () => ({
      limit: Math.floor(state.limit),
      inFlight,
      waiting: waiting.calls.length + waiting.barriers.length,
    }),

    stop() {
      stopped = true;
      cancelAlarm?.();
      for (const { reject } of [...waiting.calls, ...waiting.barriers]) reject(stopping());
      waiting.calls = [];
      waiting.barriers = [];
    },
  };
}

const stopping = () => new CallError('unavailable', 'the bridge is stopping');

/** The calls to workflows of their own, as many at a time as Temporal takes. */
export const limitedCalls = (calls: WorkflowCalls, limiter: CallLimiter): WorkflowCalls => ({
  signal: (ref, events) => limiter.run(() => calls.signal(ref, events)),
  signalWithStart: (ref, target, events) => limiter.run(() => calls.signalWithStart(ref, target, events)),
  barrier: (ref: SubjectRef, deadlineMs) => limiter.barrier(() => calls.barrier(ref, deadlineMs)),
});

/** The calls to a host, below its mailbox: what waits for room goes on gathering there. */
export const limitedHostCalls = (calls: HostCalls, limiter: CallLimiter): HostCalls => ({
  send: (batches) => limiter.run(() => calls.send(batches)),
  barrier: (deadlineMs) => limiter.barrier(() => calls.barrier(deadlineMs)),
});
