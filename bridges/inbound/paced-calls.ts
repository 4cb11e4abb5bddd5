import type { DeliveredEvent, SubjectRef } from '../../store/types';
import type { BridgeMetrics, CallKind, CallResult } from '../metrics';
import type { Flow } from './flow';
import type { LaneMemory, LaneState } from './lane-memory';
import type { RouteTarget } from './route';
import type { WorkflowCalls } from './workflow-calls';

export interface Pace {
  /** Calls to one workflow after which its inbox has to answer before the next one: above 100 buffered ones the server fails its task. */
  readonly callsPerBarrier: number;
  readonly eventsPerBarrier: number;
  /** Milliseconds. */
  readonly barrierDeadlineMs: number;
}

export interface PacedCalls {
  signal(ref: SubjectRef, events: readonly DeliveredEvent[]): Promise<'taken' | 'not-found'>;
  signalWithStart(
    ref: SubjectRef,
    target: RouteTarget,
    events: readonly DeliveredEvent[],
  ): Promise<'taken' | 'already-started'>;
}

/** True when so much was sent since the last barrier that the workflow has to answer first. */
export const barrierIsDue = (lane: LaneState, pace: Pace): boolean =>
  lane.callsSinceBarrier >= pace.callsPerBarrier || lane.eventsSinceBarrier >= pace.eventsPerBarrier;

/** Calls that never run far ahead of the workflow they go to, timed and counted. */
export function createPacedCalls(deps: {
  calls: WorkflowCalls;
  memory: LaneMemory;
  pace: Pace;
  metrics: BridgeMetrics;
  now: () => number;
  flow: Flow;
}): PacedCalls {
  const { calls, memory, pace, metrics, now, flow } = deps;

  async function timed<R extends Exclude<CallResult, 'failed'>>(
    ref: SubjectRef,
    kind: CallKind,
    events: number,
    call: () => Promise<R>,
  ): Promise<R> {
    const began = now();
    let result: CallResult = 'failed';
    try {
      const answer = await call();
      result = answer;
      return answer;
    } finally {
      flow.ended(result);
      metrics.callEnded(ref.target, kind, result, now() - began, events);
    }
  }

  async function paced<R extends Exclude<CallResult, 'failed'>>(
    ref: SubjectRef,
    kind: CallKind,
    events: readonly DeliveredEvent[],
    call: () => Promise<R>,
  ): Promise<R> {
    const lane = memory.of(ref.subject);
    if (barrierIsDue(lane, pace)) {
      await timed(ref, 'barrier', 0, () => calls.barrier(ref, pace.barrierDeadlineMs));
      lane.callsSinceBarrier = 0;
      lane.eventsSinceBarrier = 0;
    }
    // Counted before the answer: a call whose answer is lost may have had its effect.
    lane.callsSinceBarrier += 1;
    lane.eventsSinceBarrier += events.length;
    return timed(ref, kind, events.length, call);
  }

  return {
    signal: (ref, events) => paced(ref, 'signal', events, () => calls.signal(ref, events)),
    signalWithStart: (ref, target, events) =>
      paced(ref, 'signal-with-start', events, () => calls.signalWithStart(ref, target, events)),
  };
}
