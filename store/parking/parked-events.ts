import { requireStorableEvents, requireStorableSubject } from '../append/operations';
import type { Queryable } from '../connection';
import type { DeliveredEvent, ParkCause, SubjectRef } from '../types';
import { causesThatStay } from './lane-cause';
import { inLaneOrder } from './lane-order';

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
}

/** Puts the events of a failed journey behind those that are there, each id once. Only under the stream's lock. */
export async function parkJourneyEvents(
  connection: Queryable,
  parking: Parking,
  why: { readonly host: string; readonly message: string; readonly retryAt: string },
): Promise<void> {
  await connection.query(
    `with subject as (
      insert into millrace.parked_journeys (subject, target, tenant_id, key, parked_at, host, message, retry_at)
      values ($1, $2, $3, $4, $5, $8, $9, $10)
      on conflict (subject) do update
        set host = excluded.host, message = excluded.message, retry_at = excluded.retry_at
    )
    insert into millrace.parked_journey_events (subject, event_id, event)
    select $1, event_id, event from unnest($6::text[], $7::json[]) with ordinality parked(event_id, event, nth)
    order by nth
    on conflict (subject, event_id) do nothing`,
    [...parkingValues(parking), why.host, why.message, why.retryAt],
  );
}

/**
 * Puts events into the lane, each id once: before what stands behind them in their partition, and otherwise behind all
 * that is there (as `parkedInto` says). Under the lane's lock; `now`: RFC 3339. A lane without events is not parked.
 */
export async function parkInLane(
  connection: Queryable,
  ref: SubjectRef,
  given: readonly DeliveredEvent[],
  cause: ParkCause,
  now: string,
): Promise<void> {
  if (given.length === 0) return;
  const events = inLaneOrder(given);
  await connection.query(
    `with subject as (
      insert into millrace.parked_lanes as lane (subject, target, tenant_id, key, parked_at, cause)
      values ($1, $2, $3, $4, $5, $8)
      on conflict (subject) do update
        set cause = case when lane.cause = any($9::text[]) then lane.cause else excluded.cause end
    )
    insert into millrace.parked_events as there (subject, event_id, event, topic, partition, "offset", position)
    select $1, event_id, event, topic, partition, "offset", coalesce(
      (select behind.position from millrace.parked_events behind
        where behind.subject = $1 and behind.topic = parked.topic and behind.partition = parked.partition
          and behind."offset" > parked."offset"
        order by behind."offset" limit 1),
      nextval('millrace.parked_events_position_seq'))
    from (
      select * from unnest($6::text[], $7::json[], $10::text[], $11::integer[], $12::bigint[])
        with ordinality given(event_id, event, topic, partition, "offset", nth)
      order by nth
    ) parked
    on conflict (subject, event_id) do update
      set event = excluded.event, "offset" = excluded."offset", position = excluded.position
      where there.topic = excluded.topic and there.partition = excluded.partition
        and there."offset" > excluded."offset"`,
    [
      ...parkingValues({ ref, parkedAt: now, events }),
      cause,
      causesThatStay(cause),
      events.map(({ source }) => source?.topic),
      events.map(({ source }) => source?.partition),
      events.map(({ source }) => source?.offset),
    ],
  );
}

/** What both kinds of parking begin with: the subject, when, and its events. */
function parkingValues({ ref, events, parkedAt }: Parking): unknown[] {
  requireStorableSubject(ref);
  requireStorableEvents(events);
  return [
    ref.subject,
    ref.target,
    ref.tenantId,
    ref.key,
    parkedAt,
    events.map(({ eventId }) => eventId),
    events.map((event) => JSON.stringify(event)),
  ];
}

/** In the lane's order. */
export async function parkedEvents(
  connection: Queryable,
  subject: string,
  limit: number,
): Promise<readonly DeliveredEvent[]> {
  const { rows } = await connection.query<{ event: DeliveredEvent }>(
    `select event from ${LANES.events} where subject = $1 order by position, "offset" limit $2`,
    [subject, limit],
  );
  return rows.map(({ event }) => event);
}

/** Undefined: the lane is not parked. */
export async function laneCause(connection: Queryable, subject: string): Promise<ParkCause | undefined> {
  const { rows } = await connection.query<{ cause: ParkCause }>(
    `select cause from ${LANES.subjects} where subject = $1`,
    [subject],
  );
  return rows[0]?.cause;
}

/** Its cause hides the word of a host no longer. */
export async function unblockLane(connection: Queryable, subject: string): Promise<void> {
  await connection.query(
    `update ${LANES.subjects} set cause = 'early' where subject = $1 and cause = any($2::text[])`,
    [subject, causesThatStay('start-missing')],
  );
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
