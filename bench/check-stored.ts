import type { Envelope } from '@millrace/events';
import type { Contender } from './contender';

export type Sent = Pick<Envelope, 'eventId' | 'aggregateId'>;

/** Throws if the events of a key took effect in another order than they were sent in. */
export function requireOrder(found: readonly string[], sent: readonly Sent[]): void {
  const places = new Map(sent.map(({ eventId, aggregateId }, place) => [eventId, { aggregateId, place }]));
  const reached = new Map<string, number>();
  for (const eventId of found) {
    const { aggregateId, place } = places.get(eventId) ?? { aggregateId: '', place: 0 };
    if (place < (reached.get(aggregateId) ?? 0)) throw new Error(`an event of ${aggregateId} overtook another`);
    reached.set(aggregateId, place);
  }
}

/** How many of the events sent are there. Rejects what is there twice or was never sent: then the figure means nothing. */
export function countOnce(found: readonly string[], sent: readonly Sent[]): number {
  const known = new Set(sent.map(({ eventId }) => eventId));
  const once = new Set(found);
  if (once.size < found.length) throw new Error(`${found.length - once.size} events took effect twice`);
  const strangers = found.filter((eventId) => !known.has(eventId));
  if (strangers.length > 0) throw new Error(`${strangers.length} events are stored that were not sent`);
  return once.size;
}

/**
 * How many of a tenant's events took effect, each of them once and, where that is claimed, in the order of its key. Once
 * all have, waits until the counts of what belongs to the work agree as well. Rejects otherwise: no figure stands on that.
 */
export async function requireAgreement(
  contender: Pick<Contender, 'keepsOrder' | 'storedEvents' | 'settle'>,
  tenantId: string,
  sent: readonly Sent[],
): Promise<number> {
  const found = await contender.storedEvents(tenantId);
  const stored = countOnce(found, sent);
  if (contender.keepsOrder) requireOrder(found, sent);
  if (stored === sent.length) await contender.settle(tenantId, stored);
  return stored;
}
