import { afterCall, CALL_LIMIT, type CallLimit, type CallLimitSettings, firstLimit, hasRoom } from './call-limit';

const settings: CallLimitSettings = CALL_LIMIT;

/** A server that works on so many calls a second, and refuses what comes above `accepts` at a time, fed with all that the limit lets through. */
function serve(
  from: CallLimit,
  {
    perSecond,
    accepts = Number.POSITIVE_INFINITY,
    ms,
    at,
  }: { perSecond: number; accepts?: number; ms: number; at: number },
): CallLimit {
  let state = from;
  for (let now = at; now < at + ms; ) {
    const calls = Math.floor(state.limit);
    const tookMs = Math.max(5, (Math.min(calls, accepts) / perSecond) * 1_000);
    now = Math.max(now, state.pausedUntil) + tookMs;
    for (let call = 0; call < calls; call += 1) {
      const result = call < accepts ? 'answered' : 'refused';
      state = afterCall(state, { beganAt: now - tookMs, endedAt: now, result, inFlight: calls }, settings);
    }
  }
  return state;
}

const one = (state: CallLimit, given: Partial<Parameters<typeof afterCall>[1]> = {}) =>
  afterCall(state, { beganAt: 1_000, endedAt: 1_300, result: 'answered', inFlight: 1, ...given }, settings);
const first = firstLimit(settings, 1_000);

describe('the limit of calls to Temporal', () => {
  it('goes up to its ceiling while calls are fast and all of it is used', () => {
    expect(first.limit).toBe(32);
    expect(serve(first, { perSecond: 2_000, ms: 3_000, at: 1_000 }).limit).toBe(64);
  });

  it('stays where it is while less is asked for', () => {
    expect(one(first, { inFlight: 31 }).limit).toBe(32);
    expect(one(first, { inFlight: 32 }).limit).toBeCloseTo(32 + Math.sqrt(32));
  });

  it.each([
    [40, 20],
    [10, 5],
    [1, 2],
  ])('settles where a server of %i calls a second answers within the target', (perSecond, wanted) => {
    const { limit } = serve(first, { perSecond, ms: 60_000, at: 1_000 });
    expect(limit).toBeGreaterThanOrEqual(wanted * 0.5);
    expect(limit).toBeLessThanOrEqual(wanted * 1.3);
  });

  it('comes back within seconds when the server does', () => {
    const slow = serve(first, { perSecond: 1, ms: 60_000, at: 1_000 });
    expect(serve(slow, { perSecond: 2_000, ms: 4_000, at: 70_000 }).limit).toBe(64);
  });

  it('settles near what is accepted where the rest is refused', () => {
    const { limit } = serve(first, { perSecond: 500, accepts: 8, ms: 10_000, at: 1_000 });
    expect(limit).toBeGreaterThanOrEqual(5);
    expect(limit).toBeLessThanOrEqual(11);
  });

  it('is not moved by single workflows that hang while the rest flows', () => {
    let state = first;
    for (let now = 1_000; now < 20_000; now += 10) {
      const result = now % 200 === 0 ? 'refused' : 'answered';
      state = afterCall(state, { beganAt: now, endedAt: now + 10, result, inFlight: 60 }, settings);
    }
    expect(state.limit).toBe(64);
  });

  it('is cut once for what was sent before the cut', () => {
    const cut = one(first, { result: 'refused' });
    expect(cut).toMatchObject({ limit: 16, cut: 'refused' });
    expect(one(cut, { beganAt: 1_200, endedAt: 1_600, result: 'refused' })).toMatchObject({
      limit: 16,
      cut: undefined,
    });
    expect(one(cut, { beganAt: 1_301, endedAt: 1_600, result: 'refused' }).limit).toBe(8);
  });

  it('pauses, longer each time, at the floor, and goes on with the first answer', () => {
    let state: CallLimit = { ...first, limit: 2 };
    const pauses: number[] = [];
    for (let now = 1_000; pauses.length < 8; now += 10_000) {
      state = afterCall(state, { beganAt: now, endedAt: now + 300, result: 'refused', inFlight: 1 }, settings);
      pauses.push(state.pausedUntil - (now + 300));
    }
    expect(pauses).toEqual([50, 100, 200, 400, 800, 1_600, 2_000, 2_000]);
    expect(hasRoom(state, 0, state.pausedUntil - 1)).toBe(false);
    expect(hasRoom(state, 0, state.pausedUntil)).toBe(true);
    const back = one(state, { beganAt: state.since, endedAt: state.since + 1 });
    expect(back).toMatchObject({ pausedUntil: 0, pauseMs: 0 });
  });
});
