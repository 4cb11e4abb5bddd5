import { shortagesOf, totalsBySku } from './stock';

describe('stock', () => {
  it('adds up lines of the same sku', () => {
    const lines = [
      { sku: 'B', quantity: 1 },
      { sku: 'A', quantity: 2 },
      { sku: 'B', quantity: 3 },
    ];
    expect(totalsBySku(lines)).toEqual([
      { sku: 'B', quantity: 4 },
      { sku: 'A', quantity: 2 },
    ]);
  });

  it.each([
    ['serves down to the last piece', 3, []],
    ['does not serve one more', 4, [{ sku: 'A', wanted: 4, available: 3 }]],
  ])('%s', (_name, quantity, shortages) => {
    expect(shortagesOf([{ sku: 'A', quantity }], [{ sku: 'A', onHand: 5, reserved: 2 }])).toEqual(shortages);
  });

  it('has nothing of a sku without a level', () => {
    expect(shortagesOf([{ sku: 'A', quantity: 1 }], [])).toEqual([{ sku: 'A', wanted: 1, available: 0 }]);
  });
});
