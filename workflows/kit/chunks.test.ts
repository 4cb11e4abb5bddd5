import fc from 'fast-check';
import { chunksOf, fitting } from './chunks';

describe('chunks', () => {
  test('keep every item in its order, within both limits where an item alone is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string()),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 60 }),
        (items, most, characters) => {
          const chunks = chunksOf(items, { items: most, characters });
          expect(chunks.flat()).toEqual(items);
          for (const chunk of chunks) {
            expect(chunk.length).toBeGreaterThan(0);
            expect(chunk.length).toBeLessThanOrEqual(most);
            const size = chunk.reduce((sum, item) => sum + JSON.stringify(item).length, 0);
            if (chunk.length > 1) expect(size).toBeLessThanOrEqual(characters);
          }
        },
      ),
    );
  });

  test('fitting takes from the front what fits', () => {
    expect(fitting(['aa', 'bb', 'cc'], 10)).toEqual(['aa', 'bb']);
    expect(fitting(['aa'], 100)).toEqual(['aa']);
    expect(fitting(['aa'], 1)).toEqual([]);
  });
});
