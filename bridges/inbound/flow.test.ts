import { createFlow, failingAgain, isBlocked } from './flow';

/** A lane that failed at 0 and again and again until `now`, while the others' calls were answered and failed so often. */
function lane(now: number, others: { answered: number; failed: number }, failures = 3) {
  const flow = createFlow();
  const times = (count: number, result: 'taken' | 'not-found' | 'failed') => {
    for (let call = 0; call < count; call += 1) flow.ended(result);
  };
  times(1_000, 'taken');
  times(501, 'failed'); // before it began, and its first failure
  let failing = failingAgain(undefined, flow, 0);
  for (let again = 1; again < failures; again += 1) {
    flow.ended('failed');
    failing = failingAgain(failing, flow, now);
  }
  times(others.answered, 'not-found');
  times(others.failed, 'failed');
  return isBlocked(failing, flow, now, 100);
}

describe('a lane whose calls fail', () => {
  it.each([
    ['is blocked after long enough while others flow', 100, { answered: 1, failed: 0 }, true],
    ['is not blocked before the time', 99, { answered: 50, failed: 0 }, false],
    ['is not blocked when nothing is answered: Temporal is away', 500, { answered: 0, failed: 3 }, false],
    ['is not blocked while many fail with it: Temporal is slow', 399, { answered: 30, failed: 10 }, false],
    ['is blocked although a few fail with it', 100, { answered: 40, failed: 10 }, true],
    ['is blocked in the end although many fail with it', 400, { answered: 1, failed: 10 }, true],
  ])('%s', (_, now, others, blocked) => {
    expect(lane(now, others)).toBe(blocked);
  });

  it('is not blocked when it does not fail', () => {
    expect(isBlocked(undefined, createFlow(), 500, 100)).toBe(false);
  });
});
