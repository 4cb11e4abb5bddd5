import { placed } from '../testing/events';
import { piecesOf } from './late';

describe('late events', () => {
  const events = Array.from({ length: 10 }, () => placed('o'));
  const bytes = JSON.stringify(events[0]).length;

  test('are cut into pieces that fit, in their order', () => {
    const pieces = piecesOf(events, bytes * 3);
    expect(pieces.map(({ length }) => length)).toEqual([3, 3, 3, 1]);
    expect(pieces.flat()).toEqual(events);
  });

  test('go alone when they are larger than a piece', () => {
    expect(piecesOf(events.slice(0, 2), 1)).toEqual([[events[0]], [events[1]]]);
    expect(piecesOf([])).toEqual([]);
  });
});
