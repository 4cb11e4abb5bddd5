/** How the simulated bank behaves, chosen by the customer alone. */

export type Decision = { readonly outcome: 'settled' } | { readonly outcome: 'declined'; readonly reason: string };

/** What the bank answers once it answers. */
export const decisionOn = (customerId: string): Decision =>
  customerId.startsWith('cust-declined') ? { outcome: 'declined', reason: 'card-declined' } : { outcome: 'settled' };

/** Milliseconds until the bank answers; null: never. */
export function answersAfterMs(customerId: string): number | null {
  if (customerId.startsWith('cust-silent')) return null;
  return customerId.startsWith('cust-slow') ? 3_000 : 0;
}
