import { takeGroup } from './group';

const item = (subject: string, bytes = 10) => ({ subject, bytes });
const limits = { requests: 3, bytes: 100 };
const subjects = (items: readonly { subject: string }[]) => items.map(({ subject }) => subject).join('');

describe('takeGroup', () => {
  it.each([
    ['takes the oldest up to the count', 'abcd', '', 'abc', 'd'],
    ['takes one request per subject', 'aab', '', 'ab', 'a'],
    ['leaves subjects in flight', 'abc', 'b', 'ac', 'b'],
    ['takes nothing when all are in flight', 'ab', 'ab', '', 'ab'],
    ['keeps the order of what it leaves', 'abacbd', 'b', 'acd', 'bab'],
    ['answers an empty queue with nothing', '', 'a', '', ''],
  ])('%s', (_, queue, busy, group, rest) => {
    const taken = takeGroup(
      [...queue].map((subject) => item(subject)),
      new Set(busy),
      limits,
    );
    expect([subjects(taken.group), subjects(taken.rest)]).toEqual([group, rest]);
  });

  it('stops at the bytes, and takes a larger one alone', () => {
    const queue = [item('a', 60), item('b', 60), item('c', 500)];
    const first = takeGroup(queue, new Set(), limits);
    expect(subjects(first.group)).toBe('a');
    expect(subjects(takeGroup([item('c', 500), item('d')], new Set(), limits).group)).toBe('c');
  });
});
