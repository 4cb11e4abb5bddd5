import type { PoolClient } from 'pg';
import { requireStorableEvents, requireStorableSubject } from '../append/operations';
import { inTransaction, type Queryable, queryable } from '../connection';
import { lockKey } from '../lock-key';
import { storable } from '../text';
import type { DeliveredEvent, SubjectRef } from '../types';

/** A journey whose machine threw, with all events that it did not take. */
export interface ParkedJourney {
  readonly ref: SubjectRef;
  readonly host: string;
  readonly events: readonly DeliveredEvent[];
  /** What the machine threw. */
  readonly message: string;
  /** RFC 3339, UTC. */
  readonly retryAt: string;
}

const MAX_MESSAGE = 500;

/** Puts events behind those that are there, each id once. Under the stream's lock: two tries of one call are one. */
export async function parkJourney(client: PoolClient, { ref, host, events, message, retryAt }: ParkedJourney) {
  requireStorableSubject(ref);
  requireStorableEvents(events);
  const lock = `select pg_advisory_xact_lock(${lockKey('stream', ref.subject)})`;
  await inTransaction(client, lock, async () => {
    await queryable(client).query(
      `with journey as (
        insert into millrace.parked_journeys (subject, target, tenant_id, key, host, message, parked_at, retry_at)
        values ($1, $2, $3, $4, $5, $6, now(), $7)
        on conflict (subject) do update
          set host = excluded.host, message = excluded.message, retry_at = excluded.retry_at
      )
      insert into millrace.parked_journey_events (subject, event_id, event)
      select $1, event_id, event from unnest($8::text[], $9::json[]) with ordinality parked(event_id, event, nth)
      order by nth
      on conflict (subject, event_id) do nothing`,
      [
        ref.subject,
        ref.target,
        ref.tenantId,
        ref.key,
        host,
        storable(message, MAX_MESSAGE),
        retryAt,
        events.map(({ eventId }) => eventId),
        events.map((event) => JSON.stringify(event)),
      ],
    );
  });
}

/** Its machine took these; the journey is no longer parked when none remain. */
export async function unparkJourney(
  connection: Queryable,
  subject: string,
  eventIds: readonly string[],
): Promise<void> {
  await connection.query(
    `with taken as (
      delete from millrace.parked_journey_events where subject = $1 and event_id = any($2::text[])
    )
    delete from millrace.parked_journeys where subject = $1 and not exists (
      select from millrace.parked_journey_events e where e.subject = $1 and e.event_id <> all($2::text[])
    )`,
    [subject, eventIds],
  );
}
