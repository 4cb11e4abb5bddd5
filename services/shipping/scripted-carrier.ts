/** How the simulated carrier behaves, chosen by the address alone. */

export interface Address {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly city?: string | undefined;
  readonly postcode?: string | undefined;
}

export type CarrierAnswer =
  | { readonly outcome: 'booked'; readonly carrier: string }
  | { readonly outcome: 'carrier-refused'; readonly reason: string };

export const askCarrier = ({ country }: Address): CarrierAnswer =>
  country === 'XX'
    ? { outcome: 'carrier-refused', reason: 'no carrier goes to XX' }
    : { outcome: 'booked', carrier: 'millwheel-express' };

/** Milliseconds that the carrier thinks before it answers: the city 'Slowtown' leaves time to change one's mind. */
export const thinkingMs = ({ city }: Address): number => (city === 'Slowtown' ? 1_500 : 0);
