import type { DeliveredEvent, SubjectRef } from '../../store/types';
import type { RouteTarget } from './route';

/** Milliseconds that a barrier has, in what the bridge asks for and in its connection, which cuts the request. */
export const BARRIER_DEADLINE_MS = 5_000;

/**
 * Calls to one workflow after which its inbox has to answer before the next one. The server fails a task once 100 signals
 * wait for its end: six bridges at a time stay below that. A barrier costs what a call does, and the events behind it wait.
 */
export const CALLS_PER_BARRIER = 16;

/** Why a call to Temporal failed, by what can be done about it. */
export type CallFault =
  /** Temporal is away, or the answer was lost: sent again under the same event ids. */
  | 'unavailable'
  /** Temporal refuses calls above a rate; nothing was done. */
  | 'exhausted'
  /** Only this workflow is too busy, or about to end its run, for as long as the quick tries lasted. */
  | 'busy'
  /** No answer within the deadline; the call may have had its effect. */
  | 'deadline'
  /** The server will never take this call: an event in it is too large or malformed. */
  | 'invalid'
  /** The run has taken as many signals as a run may: another run can take them. */
  | 'run-full';

export class CallError extends Error {
  override readonly name = 'CallError';
  constructor(
    readonly fault: CallFault,
    message: string,
    options?: { cause: unknown },
  ) {
    super(message, options);
  }
}

/** The three calls that the bridge makes. "Not found" and "already started" are answers, not errors, and no verdicts on an event. */
export interface WorkflowCalls {
  /** One `domainEvents` signal. Rejects with `CallError`. */
  signal(ref: SubjectRef, events: readonly DeliveredEvent[]): Promise<'taken' | 'not-found'>;
  /** Starts the workflow unless one of this id runs, and signals it; a closed one is not started again. Rejects with `CallError`. */
  signalWithStart(
    ref: SubjectRef,
    target: RouteTarget,
    events: readonly DeliveredEvent[],
  ): Promise<'taken' | 'already-started'>;
  /** Resolves once the signals sent before it are in the workflow's inbox. Rejects with `CallError`, after `deadlineMs` at the latest. */
  barrier(ref: SubjectRef, deadlineMs: number): Promise<'taken' | 'not-found'>;
  /** Whether one call carries events of many subjects of this target; default: no. */
  shares?(target: string): boolean;
}
