import { StoreError } from '../errors';
import type { DeliveredEvent } from '../types';
import type { Decision, LateWrite, Stored } from './stored';

/** Of events that nobody took: those that the subject does not know yet, each once. */
export function decideLate(
  consumed: ReadonlyMap<string, number>,
  version: number,
  events: readonly DeliveredEvent[],
): { readonly late: readonly LateWrite[]; readonly consumed: readonly { eventId: string; version: number }[] } {
  const first = new Map<string, DeliveredEvent>();
  for (const event of events) {
    if (!consumed.has(event.eventId) && !first.has(event.eventId)) first.set(event.eventId, event);
  }
  const late = [...first.values()].map((event) => ({ version, event }));
  return { late, consumed: late.map(({ event }) => ({ eventId: event.eventId, version })) };
}

export type LateVerdict = 'late' | 'duplicate';

/**
 * For events that came after the close, or to a second chain. Answers a verdict per event, or `open` (nothing is
 * written then). `ignore` marks them as consumed and leaves no row for the relay. Throws `no-stream`.
 */
export function decideAfterClose(
  stored: Stored,
  subject: string,
  events: readonly DeliveredEvent[],
  ignore: boolean,
): Decision<readonly LateVerdict[] | 'open'> {
  if (stored.stream === undefined) throw new StoreError('no-stream', `${subject} has no stream`, { subject });
  if (stored.stream.status === 'open') return { result: 'open' };
  const { late, consumed } = decideLate(stored.consumed, stored.stream.version, events);
  const fresh = new Set(late.map(({ event }) => event));
  return {
    result: events.map((event) => (fresh.has(event) ? 'late' : 'duplicate')),
    writes: consumed.length === 0 ? undefined : { consumed, transitions: [], late: ignore ? [] : late },
  };
}
