import { decodeCursor, encodeCursor, pageOf } from './cursor';

const cursor = { at: '2026-03-01T09:00:00.123Z', id: 'orderSaga/acme/ä/1' };
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('cursor', () => {
  it('comes back as it went', () => {
    expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
    expect(encodeCursor(cursor)).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it.each([
    ['nothing', ''],
    ['noise', 'not a cursor'],
    ['another shape', encoded({ at: cursor.at, id: cursor.id })],
    ['too few parts', encoded([cursor.at])],
    ['a number for an instant', encoded([1, cursor.id])],
    ['no instant', encoded(['yesterday', cursor.id])],
    ['an instant that no calendar has', encoded(['2026-13-01T09:00:00.123Z', cursor.id])],
    ['SQL for an instant', encoded(["2026-03-01T09:00:00.123Z'; drop table x", cursor.id])],
    ['NUL in the id', encoded([cursor.at, 'a\0b'])],
  ])('refuses %s', (_, text) => {
    expect(() => decodeCursor(text)).toThrow(expect.objectContaining({ code: 'bad-cursor', failure: 'never' }));
  });
});

describe('pageOf', () => {
  const place = (id: string) => ({ at: cursor.at, id });

  it('points behind its last item when more rows follow', () => {
    const page = pageOf(['a', 'b', 'c'], 2, place);
    expect(page.items).toEqual(['a', 'b']);
    expect(decodeCursor(page.next ?? '')).toEqual(place('b'));
  });

  it.each([[['a', 'b']], [['a']], [[]]])('ends with %j', (rows) => {
    expect(pageOf(rows, 2, place)).toEqual({ items: rows, next: null });
  });
});
