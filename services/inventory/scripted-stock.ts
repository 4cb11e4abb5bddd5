/** How the simulated warehouse behaves, chosen by the sku alone. */

const PLENTY = 1_000_000;

/** Pieces on hand of a sku that a tenant asks for the first time. */
export function firstStock(sku: string): number {
  if (sku === 'SKU-NONE') return 0;
  return sku.startsWith('SKU-LAST') ? 1 : PLENTY;
}

/** True for a sku whose release is refused until somebody repairs it: `SKU-STUCK-ONCE...`, `SKU-STUCK-EVER...`. */
export const refusesRelease = (sku: string): boolean => /^SKU-STUCK-(ONCE|EVER)/.test(sku);

/** Milliseconds that the warehouse thinks before it answers a reservation: `SKU-SLOW...` leaves time to change one's mind. */
export const thinkingMs = (skus: readonly string[]): number =>
  skus.some((sku) => sku.startsWith('SKU-SLOW')) ? 1_500 : 0;
