import { absentStep, behindCause, firstCall, heldStep, oneCall, sortByVerdict } from './decide';
import { cancelled, placed, settled } from './testing/bridge-parts';

describe('the first call for a batch', () => {
  it.each([
    ['signals all when nothing may start', () => [settled(), cancelled()], 'signal', 2],
    ['starts with all from a start at the front', () => [placed(), settled()], 'signal-with-start', 2],
    ['signals what comes before a start', () => [settled(), settled(), placed(), cancelled()], 'signal', 2],
  ] as const)('%s', (_, batch, kind, events) => {
    expect(firstCall(batch())).toEqual({ kind, events });
  });
});

describe('the store on a batch that nobody took', () => {
  it('settles duplicates, hands over what met a closed subject, and leaves the rest for the hold', () => {
    const batch = [settled(), settled(), settled(), settled()];
    const [duplicate, closed, open, missing] = batch;
    expect(sortByVerdict(batch, ['duplicate', 'closed', 'open', 'no-stream'])).toEqual({
      duplicates: [duplicate],
      closed: [closed],
      unsettled: [open, missing],
    });
  });
});

describe('with the lane held', () => {
  it.each([
    ['closed', 'nothing', false, 'late'],
    ['closed', 'events', true, 'late'],
    ['none', 'nothing', true, 'start-first'],
    ['none', 'events', true, 'start-first'],
    ['none', 'a-start', true, 'behind'],
    ['none', 'events', false, 'behind'],
    ['none', 'nothing', false, 'signal'],
    ['open', 'events', false, 'behind'],
    ['open', 'events', true, 'behind'],
    ['open', 'nothing', true, 'signal'],
    ['open', 'nothing', false, 'signal'],
  ] as const)('stream %s, waiting %s, brings a start %s: %s', (stream, waiting, bringsStart, step) => {
    expect(heldStep(stream, waiting, bringsStart)).toBe(step);
  });

  it.each([
    ['none', 'none', 'park-early'],
    ['none', 'open', 'again'],
    ['none', 'closed', 'late'],
    ['open', 'open', 'park-gone'],
    ['open', 'closed', 'late'],
  ] as const)('nobody there, stream %s before and %s after: %s', (before, after, step) => {
    expect(absentStep(before, after)).toBe(step);
  });

  it.each([
    ['none', 'events', 'early'],
    ['none', 'a-start', 'blocked'],
    ['open', 'events', 'blocked'],
  ] as const)('events go behind others of stream %s, waiting %s, as %s', (stream, waiting, cause) => {
    expect(behindCause(stream, waiting)).toBe(cause);
  });
});

describe('one call', () => {
  const bytes = (size: number) => size;
  it.each([
    ['is bounded by count', [1, 1, 1], { events: 2, bytes: 100 }, [1, 1]],
    ['is bounded by bytes', [40, 40, 40], { events: 9, bytes: 100 }, [40, 40]],
    ['takes one item, however large', [500, 1], { events: 9, bytes: 100 }, [500]],
    ['of nothing is nothing', [], { events: 9, bytes: 100 }, []],
  ])('%s', (_, items, limits, taken) => {
    expect(oneCall(items, bytes, limits)).toEqual(taken);
  });
});
