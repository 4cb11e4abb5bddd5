import type { CallResult } from '../metrics';

/** Calls to all workflows, counted: how the others fare while one lane fails. */
export interface Flow {
  /** Calls that were answered, whatever the answer. */
  readonly answered: number;
  readonly failed: number;
  ended(result: CallResult): void;
}

/** A lane whose calls have failed without an answer in between. */
export interface Failing {
  /** Milliseconds of the clock. */
  readonly since: number;
  /** This lane's own failures, the first included. */
  readonly failures: number;
  /** What the flow had counted when it began, that first failure included. */
  readonly answered: number;
  readonly failed: number;
}

export function createFlow(): Flow {
  const counts = { answered: 0, failed: 0 };
  return {
    get answered() {
      return counts.answered;
    },
    get failed() {
      return counts.failed;
    },
    ended(result) {
      if (result === 'failed') counts.failed += 1;
      else counts.answered += 1;
    },
  };
}

/** After one more failure of a lane. */
export const failingAgain = (before: Failing | undefined, flow: Flow, now: number): Failing =>
  before === undefined
    ? { since: now, failures: 1, answered: flow.answered, failed: flow.failed }
    : { ...before, failures: before.failures + 1 };

/** Of the others' calls, so many are answered for each that fails: then they flow. */
const MOST = 4;
/** A lane that fails for so many times as long is blocked also when others fail with it, as long as some are answered. */
const PATIENCE = 4;

/**
 * A lane is blocked when its calls have failed for `blockedParkMs` while the others flowed. If many fail with it, it is
 * Temporal or the workers that are slow: to park them all would only make more to do, and they go through later.
 */
export function isBlocked(failing: Failing | undefined, flow: Flow, now: number, blockedParkMs: number): boolean {
  if (failing === undefined || now - failing.since < blockedParkMs) return false;
  const answered = flow.answered - failing.answered;
  const othersFailed = Math.max(0, flow.failed - failing.failed - (failing.failures - 1));
  if (answered === 0) return false;
  return answered >= MOST * othersFailed || now - failing.since >= PATIENCE * blockedParkMs;
}
