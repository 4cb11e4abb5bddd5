/** How many calls Temporal is asked to work on at a time; times in milliseconds. */
export interface CallLimitSettings {
  /** Never fewer calls than this, at least 1. */
  readonly floor: number;
  /** Never more. */
  readonly ceiling: number;
  /** Calls that take longer than this on average are more than Temporal takes now. */
  readonly targetMs: number;
  /** How long is watched before the limit moves. */
  readonly windowMs: number;
  /** At the floor and refused all the same: nothing is sent for this long, twice as long each time, up to the maximum. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
}

export const CALL_LIMIT: CallLimitSettings = {
  floor: 2,
  ceiling: 64,
  targetMs: 500,
  windowMs: 200,
  pauseMs: 50,
  maxPauseMs: 2_000,
};

/** Why the limit went down: calls were refused, or took too long. */
export type Cut = 'refused' | 'slow';

export interface CallLimit {
  /** Calls that may be under way; a fraction counts when it becomes whole. */
  readonly limit: number;
  /** Calls begun before it were sent under another limit and say nothing about this one. */
  readonly since: number;
  readonly answered: number;
  readonly answeredMs: number;
  readonly refused: number;
  /** Whether all that the limit allows was under way at some moment: only then is more worth trying. */
  readonly full: boolean;
  readonly pausedUntil: number;
  /** The last pause; 0 since something was answered. */
  readonly pauseMs: number;
  /** What the last step was, for the metrics. */
  readonly cut: Cut | undefined;
}

/** What became of one call. */
export interface CallEnd {
  readonly beganAt: number;
  readonly endedAt: number;
  /** 'refused': exhausted, unavailable, or not answered within its deadline. */
  readonly result: 'answered' | 'refused';
  /** Calls under way when it ended, itself included. */
  readonly inFlight: number;
}

/** Refusals below this part of all calls are single workflows or shards, or the edge of what is allowed: no reason to shrink. */
const TOLERATED = 0.1;
/** Between this part of the target and the target the limit rests. */
const CALM = 0.8;

/** Begins in the middle: a bridge that starts with a backlog does not overrun a server that starts with it. */
export const firstLimit = ({ floor, ceiling }: CallLimitSettings, now: number): CallLimit => ({
  limit: Math.max(floor, ceiling / 2),
  ...fresh(now),
  pausedUntil: 0,
  pauseMs: 0,
  cut: undefined,
});

const fresh = (now: number) => ({ since: now, answered: 0, answeredMs: 0, refused: 0, full: false });

/** True when one more call may begin. */
export const hasRoom = (state: CallLimit, inFlight: number, now: number): boolean =>
  now >= state.pausedUntil && inFlight < Math.floor(state.limit);

/**
 * The limit after a call has ended. It grows by its square root per window while it is used up and calls are fast, and
 * shrinks in proportion to what was too slow or refused, to the half at most (docs/decisions).
 */
export function afterCall(before: CallLimit, call: CallEnd, settings: CallLimitSettings): CallLimit {
  const { beganAt, endedAt, result, inFlight } = call;
  const cleared = result === 'answered' ? { ...before, pauseMs: 0, pausedUntil: 0, cut: undefined } : before;
  if (beganAt < before.since) return { ...cleared, cut: undefined };
  const state: CallLimit = {
    ...cleared,
    answered: cleared.answered + (result === 'answered' ? 1 : 0),
    answeredMs: cleared.answeredMs + (result === 'answered' ? endedAt - beganAt : 0),
    refused: cleared.refused + (result === 'refused' ? 1 : 0),
    full: cleared.full || inFlight >= Math.floor(cleared.limit),
    cut: undefined,
  };
  return endedAt - state.since < settings.windowMs ? state : moved(state, endedAt, settings);
}

function moved(state: CallLimit, now: number, settings: CallLimitSettings): CallLimit {
  const { floor, ceiling, targetMs } = settings;
  const share = state.refused / (state.answered + state.refused);
  if (share > TOLERATED) {
    const down = { ...state, ...fresh(now), limit: Math.max(floor, state.limit * Math.max(0.5, 1 - share)) };
    return { ...down, cut: 'refused', ...(state.limit <= floor ? pause(state, now, settings) : {}) };
  }
  const averageMs = state.answeredMs / state.answered;
  if (averageMs > targetMs) {
    const limit = Math.max(floor, state.limit * Math.max(0.5, targetMs / averageMs));
    return { ...state, ...fresh(now), limit, cut: 'slow' };
  }
  const grows = state.full && averageMs <= targetMs * CALM;
  return {
    ...state,
    ...fresh(now),
    limit: grows ? Math.min(ceiling, state.limit + Math.sqrt(state.limit)) : state.limit,
  };
}

function pause(state: CallLimit, now: number, { pauseMs, maxPauseMs }: CallLimitSettings) {
  if (state.answered > 0) return {};
  const ms = state.pauseMs === 0 ? pauseMs : Math.min(maxPauseMs, state.pauseMs * 2);
  return { pauseMs: ms, pausedUntil: now + ms };
}
