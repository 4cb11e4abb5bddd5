import { requireStorableEvents, requireStorableSubject } from '../append/operations';
import type { Queryable } from '../connection';
import type { DeliveredEvent, ParkCause, SubjectRef } from '../types';

/** A row per parked subject and, in order, the events that wait there. Two pairs of tables have this shape. */
export interface ParkedTables {
  readonly subjects: string;
  readonly events: string;
}

/** Lanes that the bridge cannot deliver. */
export const LANES: ParkedTables = { subjects: 'millrace.parked_lanes', events: 'millrace.parked_events' };
/** Pooled journeys whose machine failed. */
export const JOURNEYS: ParkedTables = {
  subjects: 'millrace.parked_journeys',
  events: 'millrace.parked_journey_events',
};

export interface Parking {
  readonly ref: SubjectRef;
  readonly events: readonly DeliveredEvent[];
  /** RFC 3339; the first one stays. */
  readonly parkedAt: string;
  /** Further columns of the subject's row, each time those of the last parking. */
  readonly why: Readonly<Record<string, string>>;
}

/** Puts events behind those that are there, each id once. Only under the lock of the lane or journey. */
export async function parkEvents(
  connection: Queryable,
  tables: ParkedTables,
  { ref, events, parkedAt, why }: Parking,
): Promise<void> {
  requireStorableSubject(ref);
  requireStorableEvents(events);
  const columns = Object.keys(why);
  await connection.query(
    `with subject as (
      insert into ${tables.subjects} (subject, target, tenant_id, key, parked_at, ${columns.join(', ')})
      values ($1, $2, $3, $4, $5, ${columns.map((_, at) => `$${at + 8}`).join(', ')})
      on conflict (subject) do update set ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}
    )
    insert into ${tables.events} (subject, event_id, event)
    select $1, event_id, event from unnest($6::text[], $7::json[]) with ordinality parked(event_id, event, nth)
    order by nth
    on conflict (subject, event_id) do nothing`,
    [
      ref.subject,
      ref.target,
      ref.tenantId,
      ref.key,
      parkedAt,
      events.map(({ eventId }) => eventId),
      events.map((event) => JSON.stringify(event)),
      ...Object.values(why),
    ],
  );
}

/** Under the lane's lock; `now`: RFC 3339. A lane without events is not parked. */
export async function parkInLane(
  connection: Queryable,
  ref: SubjectRef,
  events: readonly DeliveredEvent[],
  cause: ParkCause,
  now: string,
): Promise<void> {
  if (events.length > 0) await parkEvents(connection, LANES, { ref, events, parkedAt: now, why: { cause } });
}

/** In parking order. */
export async function parkedEvents(
  connection: Queryable,
  subject: string,
  limit: number,
): Promise<readonly DeliveredEvent[]> {
  const { rows } = await connection.query<{ event: DeliveredEvent }>(
    `select event from ${LANES.events} where subject = $1 order by position limit $2`,
    [subject, limit],
  );
  return rows.map(({ event }) => event);
}

/** Removes what was taken, and the subject's row when nothing remains. Answers how many remain. */
export async function removeParked(
  connection: Queryable,
  tables: ParkedTables,
  subject: string,
  eventIds: readonly string[],
): Promise<number> {
  const { rows } = await connection.query<{ remaining: number }>(
    `with gone as (
      delete from ${tables.events} where subject = $1 and event_id = any($2::text[])
    ), remaining as (
      select count(*)::integer as events from ${tables.events}
      where subject = $1 and event_id <> all($2::text[])
    ), emptied as (
      delete from ${tables.subjects} where subject = $1 and (select events from remaining) = 0
    )
    select events as remaining from remaining`,
    [subject, eventIds],
  );
  return rows[0]?.remaining ?? 0;
}
