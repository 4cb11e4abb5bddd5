import type { ParkCause } from '../../store/types';
import type { Failing } from './flow';

/** What this process remembers of a lane. Losing it costs a look-up or a barrier too few, never an event. */
export interface LaneState {
  /** Undefined until read from the store, again after each assignment, and with each start. */
  parked: boolean | undefined;
  /** Under which cause this process parked it last. */
  parkedAs: ParkCause | undefined;
  callsSinceBarrier: number;
  eventsSinceBarrier: number;
  /** Undefined while its calls are answered. */
  failing: Failing | undefined;
}

export interface LaneMemory {
  of(subject: string): LaneState;
  /** Partitions may have come from another bridge, which may have parked lanes: every lane reads its row again. */
  forgetParked(): void;
  /** Grows with each `forgetParked`: an answer that was asked for before it is not kept. */
  readonly epoch: number;
  readonly size: number;
}

/** The most recently used lanes, at most `capacity` of them. */
export function createLaneMemory(capacity: number): LaneMemory {
  const lanes = new Map<string, LaneState>();
  let epoch = 0;
  return {
    of(subject) {
      const known = lanes.get(subject);
      const state = known ?? {
        parked: undefined,
        parkedAs: undefined,
        callsSinceBarrier: 0,
        eventsSinceBarrier: 0,
        failing: undefined,
      };
      if (known) lanes.delete(subject);
      lanes.set(subject, state);
      if (lanes.size > capacity) {
        const [oldest] = lanes.keys();
        if (oldest !== undefined) lanes.delete(oldest);
      }
      return state;
    },
    forgetParked() {
      epoch += 1;
      for (const state of lanes.values()) state.parked = undefined;
    },
    get epoch() {
      return epoch;
    },
    get size() {
      return lanes.size;
    },
  };
}
