import type { LaneBatch } from '../../workflows/kit/wire';
import { jsonBytes, oneCall } from './decide';
import { BARRIER_DEADLINE_MS, CALLS_PER_BARRIER, CallError } from './workflow-calls';

/** The two calls to one host. Both reject with `CallError`. */
export interface HostCalls {
  /** One `hostedEvents` signal; starts the host if it does not run. */
  send(batches: readonly LaneBatch[]): Promise<void>;
  /** Resolves with how many events wait in the host, once all sent before are among them. */
  barrier(deadlineMs: number): Promise<number>;
}

export interface MailboxLimits {
  /** Of one call. */
  readonly events: number;
  readonly bytes: number;
  /** Calls after which the host has to answer before the next one: the server buffers 100 signals at most. */
  readonly callsPerBarrier: number;
  readonly barrierDeadlineMs: number;
  /** Above so many events waiting in the host, no more are sent until it has taken some. */
  readonly waitingInHost: number;
  readonly pauseMs: number;
}

export const MAILBOX_LIMITS: MailboxLimits = {
  events: 1_000,
  bytes: 384 * 1024,
  callsPerBarrier: CALLS_PER_BARRIER,
  barrierDeadlineMs: BARRIER_DEADLINE_MS,
  waitingInHost: 4_000,
  pauseMs: 20,
};

/** The events of many lanes on their way to one host. */
export interface HostMailbox {
  /** Resolves when the call that carried the batch was taken. Rejects with `CallError`; the batch may have arrived all the same. */
  put(batch: LaneBatch): Promise<void>;
}

interface Letter {
  readonly batch: LaneBatch;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One call is in flight for a host; what comes meanwhile goes with the next one. A lane has one
 * batch in it at a time, so nothing of a lane can pass itself.
 */
export function createHostMailbox(
  calls: HostCalls,
  limits: MailboxLimits = MAILBOX_LIMITS,
  pause: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): HostMailbox {
  let letters: Letter[] = [];
  let sending = false;
  let callsSinceBarrier = 0;

  async function pump(): Promise<void> {
    sending = true;
    while (letters.length > 0) await send(nextCall());
    sending = false;
  }

  function nextCall(): Letter[] {
    let events = 0;
    const byCount = letters.findIndex(({ batch }) => {
      events += batch.events.length;
      return events > limits.events;
    });
    const most = byCount < 0 ? letters.length : Math.max(1, byCount);
    const call = oneCall(letters, ({ bytes }) => bytes, { events: most, bytes: limits.bytes });
    letters = letters.slice(call.length);
    return call;
  }

  /** The host is never far behind what was sent to it, nor is its memory filled. */
  async function keepPace(): Promise<void> {
    if (callsSinceBarrier < limits.callsPerBarrier) return;
    while ((await calls.barrier(limits.barrierDeadlineMs)) > limits.waitingInHost) await pause(limits.pauseMs);
    callsSinceBarrier = 0;
  }

  /** What the server will never take is found by halves, so that it fails alone. */
  async function send(call: readonly Letter[]): Promise<void> {
    try {
      await keepPace();
      callsSinceBarrier += 1; // before the answer: a call whose answer is lost may have had its effect
      await calls.send(call.map(({ batch }) => batch));
      for (const { resolve } of call) resolve();
    } catch (error) {
      if (call.length === 1 || !(error instanceof CallError) || error.fault !== 'invalid') {
        for (const { reject } of call) reject(error);
        return;
      }
      const middle = Math.ceil(call.length / 2);
      await send(call.slice(0, middle));
      await send(call.slice(middle));
    }
  }

  return {
    put: (batch) =>
      new Promise((resolve, reject) => {
        letters.push({ batch, bytes: jsonBytes(batch), resolve, reject });
        if (!sending) void pump();
      }),
  };
}
