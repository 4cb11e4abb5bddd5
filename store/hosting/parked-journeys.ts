import type { PoolClient } from 'pg';
import { inTransaction, type Queryable, queryable } from '../connection';
import { lockKey } from '../lock-key';
import { parkJourneyEvents } from '../parking/parked-events';
import { storable } from '../text';
import type { DeliveredEvent, SubjectRef } from '../types';

/** A journey whose machine threw, with all events that it did not take. */
export interface ParkedJourney {
  readonly ref: SubjectRef;
  readonly host: string;
  /** The run chain of the host that parks it. */
  readonly chain: string;
  readonly events: readonly DeliveredEvent[];
  /** What the machine threw. */
  readonly message: string;
  /** RFC 3339, UTC. */
  readonly retryAt: string;
}

const MAX_MESSAGE = 500;

/**
 * Under the locks that appends take: two tries of one call are one. A try may come late: it parks nothing for an older
 * chain of the host, and none of what the journey took meanwhile. `now`: RFC 3339.
 */
export function parkJourney(
  client: PoolClient,
  journey: ParkedJourney,
  now: string,
): Promise<'parked' | 'taken' | 'superseded'> {
  const { ref, host, chain, events, message, retryAt } = journey;
  const why = { host, message: storable(message, MAX_MESSAGE), retryAt };
  const locks = `select pg_advisory_xact_lock_shared(${lockKey('host', host)});
    select pg_advisory_xact_lock(${lockKey('stream', ref.subject)})`;
  const connection = queryable(client);
  return inTransaction(client, locks, async () => {
    const { speaks, taken } = await standing(connection, journey);
    if (speaks !== chain) return 'superseded';
    const left = events.filter(({ eventId }) => !taken.has(eventId));
    if (left.length === 0 && events.length > 0) return 'taken';
    await parkJourneyEvents(connection, { ref, events: left, parkedAt: now }, why);
    return 'parked';
  });
}

async function standing(connection: Queryable, { ref, host, events }: ParkedJourney) {
  const { rows } = await connection.query<{ speaks: string | null; taken: readonly string[] }>(
    `select (select chain from millrace.hosts where host = $1) as speaks,
      array(select event_id from unnest($3::text[]) wanted(of_event), lateral (
        select event_id from millrace.consumed where subject = $2 and event_id = of_event offset 0) found) as taken`,
    [host, ref.subject, events.map(({ eventId }) => eventId)],
  );
  const [row] = rows;
  return { speaks: row?.speaks, taken: new Set(row?.taken) };
}
