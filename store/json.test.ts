import fc from 'fast-check';
import { asStored, sameJson } from './json';
import type { Json } from './types';

const shuffled = (json: Json): Json => {
  if (Array.isArray(json)) return json.map(shuffled);
  if (json === null || typeof json !== 'object') return json;
  return Object.fromEntries(
    Object.entries(json)
      .reverse()
      .map(([key, value]) => [key, shuffled(value)]),
  );
};

describe('sameJson', () => {
  it.each<[Json, Json, boolean]>([
    [null, null, true],
    [1, 1, true],
    [1, '1', false],
    [null, {}, false],
    [[], {}, false],
    [{}, [], false],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1 }, { a: 1, b: null }, false],
    [{ a: 1 }, { b: 1 }, false],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
    [JSON.parse('{"__proto__":1}'), {}, false],
  ])('%j and %j: %s', (a, b, same) => {
    expect(sameJson(a, b)).toBe(same);
    expect(sameJson(b, a)).toBe(same);
  });

  it('does not mind the order of keys, nor a way through storage', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = asStored(JSON.parse(JSON.stringify(value)));
        expect(sameJson(json, shuffled(json))).toBe(true);
      }),
    );
  });
});

describe('asStored', () => {
  it('drops what JSON does not keep', () => {
    expect(asStored(JSON.parse('{"a":-0}'))).toEqual({ a: 0 });
  });
});
