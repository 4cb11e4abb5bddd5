import type { DeliveredEvent, SubjectRef } from '../../store/types';
import type { LaneMemory, LaneState } from './lane-memory';
import type { WorkflowCalls } from './workflow-calls';

export interface Pace {
  /** Calls to one workflow after which its inbox has to answer before the next one: above 100 buffered ones the server fails its task. */
  readonly callsPerBarrier: number;
  readonly eventsPerBarrier: number;
  /** Milliseconds. */
  readonly barrierDeadlineMs: number;
}

export type PacedCalls = Pick<WorkflowCalls, 'signal' | 'signalWithStart'>;

/** True when so much was sent since the last barrier that the workflow has to answer first. */
export const barrierIsDue = (lane: LaneState, pace: Pace): boolean =>
  lane.callsSinceBarrier >= pace.callsPerBarrier || lane.eventsSinceBarrier >= pace.eventsPerBarrier;

/** Calls that never run far ahead of the workflow they go to. */
export function createPacedCalls(deps: { calls: WorkflowCalls; memory: LaneMemory; pace: Pace }): PacedCalls {
  const { calls, memory, pace } = deps;

  async function keepPace(ref: SubjectRef, events: readonly DeliveredEvent[]): Promise<void> {
    const lane = memory.of(ref.subject);
    if (barrierIsDue(lane, pace)) {
      await calls.barrier(ref, pace.barrierDeadlineMs);
      lane.callsSinceBarrier = 0;
      lane.eventsSinceBarrier = 0;
    }
    // Counted before the answer: a call whose answer is lost may have had its effect.
    lane.callsSinceBarrier += 1;
    lane.eventsSinceBarrier += events.length;
  }

  return {
    async signal(ref, events) {
      await keepPace(ref, events);
      return calls.signal(ref, events);
    },
    async signalWithStart(ref, target, events) {
      await keepPace(ref, events);
      return calls.signalWithStart(ref, target, events);
    },
  };
}
