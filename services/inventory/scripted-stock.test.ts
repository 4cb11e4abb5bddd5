import { firstStock, refusesRelease, thinkingMs } from './scripted-stock';

describe('the scripted warehouse', () => {
  it.each([
    ['SKU-NONE', 0],
    ['SKU-LAST', 1],
    ['SKU-LAST-42', 1],
    ['SKU-BLUE', 1_000_000],
    ['SKU-STUCK-ONCE', 1_000_000],
  ])('has at first of %s: %d', (sku, pieces) => {
    expect(firstStock(sku)).toBe(pieces);
  });

  it.each([
    ['SKU-STUCK-ONCE', true],
    ['SKU-STUCK-ONCE-7', true],
    ['SKU-STUCK-EVER-7', true],
    ['SKU-STUCK', false],
    ['SKU-BLUE', false],
  ])('refuses to take back %s: %s', (sku, refused) => {
    expect(refusesRelease(sku)).toBe(refused);
  });

  it('thinks when one of the skus is slow', () => {
    expect(thinkingMs(['SKU-BLUE', 'SKU-SLOW-1'])).toBe(1_500);
    expect(thinkingMs(['SKU-BLUE'])).toBe(0);
  });
});
