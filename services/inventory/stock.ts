export interface Line {
  readonly sku: string;
  readonly quantity: number;
}

export interface StockLevel {
  readonly sku: string;
  readonly onHand: number;
  readonly reserved: number;
}

export interface Shortage {
  readonly sku: string;
  readonly wanted: number;
  readonly available: number;
}

/** One line per sku. */
export function totalsBySku(lines: readonly Line[]): readonly Line[] {
  const totals = new Map<string, number>();
  for (const { sku, quantity } of lines) totals.set(sku, (totals.get(sku) ?? 0) + quantity);
  return [...totals].map(([sku, quantity]) => ({ sku, quantity }));
}

/** What is missing to serve all of it; empty if it can be served. An order is served whole or not at all. */
export function shortagesOf(totals: readonly Line[], levels: readonly StockLevel[]): readonly Shortage[] {
  return totals.flatMap(({ sku, quantity }) => {
    const level = levels.find((one) => one.sku === sku);
    const available = level === undefined ? 0 : level.onHand - level.reserved;
    return quantity > available ? [{ sku, wanted: quantity, available }] : [];
  });
}
