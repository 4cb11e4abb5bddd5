import { requireStorableEvents, requireStorableSubject } from '../append/operations';
import type { Queryable } from '../connection';
import type { DeliveredEvent, ParkCause, SubjectRef } from '../types';

/** Puts events behind those that are there, each id once. Only under the lane's lock. `now`: RFC 3339. */
export async function parkEvents(
  connection: Queryable,
  ref: SubjectRef,
  events: readonly DeliveredEvent[],
  cause: ParkCause,
  now: string,
): Promise<void> {
  requireStorableSubject(ref);
  requireStorableEvents(events);
  if (events.length === 0) return;
  await connection.query(
    `with lane as (
      insert into millrace.parked_lanes (subject, target, tenant_id, key, cause, parked_at)
      values ($1, $2, $3, $4, $5, $6)
      on conflict (subject) do update set cause = excluded.cause
    )
    insert into millrace.parked_events (subject, event_id, event)
    select $1, event_id, event from unnest($7::text[], $8::json[]) with ordinality parked(event_id, event, nth)
    order by nth
    on conflict (subject, event_id) do nothing`,
    [
      ref.subject,
      ref.target,
      ref.tenantId,
      ref.key,
      cause,
      now,
      events.map(({ eventId }) => eventId),
      events.map((event) => JSON.stringify(event)),
    ],
  );
}

/** In parking order. */
export async function parkedEvents(
  connection: Queryable,
  subject: string,
  limit: number,
): Promise<readonly DeliveredEvent[]> {
  const { rows } = await connection.query<{ event: DeliveredEvent }>(
    'select event from millrace.parked_events where subject = $1 order by position limit $2',
    [subject, limit],
  );
  return rows.map(({ event }) => event);
}

/** Removes what was delivered, and the lane's row with the last one. Answers how many remain. */
export async function removeParked(
  connection: Queryable,
  subject: string,
  eventIds: readonly string[],
): Promise<number> {
  const { rows } = await connection.query<{ remaining: number }>(
    `with gone as (
      delete from millrace.parked_events where subject = $1 and event_id = any($2::text[])
    ), remaining as (
      select count(*)::integer as events from millrace.parked_events
      where subject = $1 and event_id <> all($2::text[])
    ), emptied as (
      delete from millrace.parked_lanes where subject = $1 and (select events from remaining) = 0
    )
    select events as remaining from remaining`,
    [subject, eventIds],
  );
  return rows[0]?.remaining ?? 0;
}
