import type { PoolClient } from 'pg';
import { type Queryable, queryable } from '../connection';
import { decodeCursor, pageOf } from '../cursor';
import type { HeldLane, Store } from '../store';
import { streamOf } from '../streams';
import type { ParkCause, ParkedLane, ParkedLanes } from '../types';
import type { Lanes } from './lanes';
import { LANES, laneCause, parkedEvents, parkInLane, removeParked, unblockLane } from './parked-events';

interface LaneRecord {
  readonly subject: string;
  readonly target: string;
  readonly tenant_id: string;
  readonly key: string;
  readonly cause: ParkCause;
  readonly parked_at: Date;
  readonly events: number;
  readonly host?: string | null;
  readonly message?: string | null;
}

const parkedLane = (record: LaneRecord): ParkedLane => ({
  subject: record.subject,
  target: record.target,
  tenantId: record.tenant_id,
  key: record.key,
  cause: record.cause,
  parkedAt: record.parked_at.toISOString(),
  events: record.events,
  host: record.host ?? undefined,
  message: record.message ?? undefined,
});

const laneColumns = `lane.subject, lane.target, lane.tenant_id, lane.key, lane.cause, lane.parked_at,
  (select count(*)::integer from millrace.parked_events e where e.subject = lane.subject) as events`;

const longestUntried = 'coalesce(attempted_at, parked_at), parked_at, subject';

/** Lanes that cannot be delivered (yet), in the store (docs/architecture.md, "Who decides what"). */
export const createParking = (connection: Queryable, lanes: Lanes, now: () => Date): Store['parking'] => ({
  async parked(subjects) {
    const { rows } = await connection.query<{ subject: string }>(
      'select subject from millrace.parked_lanes where subject = any($1::text[])',
      [subjects],
    );
    return new Set(rows.map(({ subject }) => subject));
  },

  tryHold: (subject, work) =>
    lanes.tryHold(subject, async (client) => {
      const value = await work(heldLane(client, subject, now));
      await noteAttempt(queryable(client), subject, now());
      return value;
    }),

  async list({ limit, cursor }) {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const { rows } = await connection.query<LaneRecord>(
      `select subject, target, tenant_id, key, cause, parked_at, message,
        coalesce(host, (select p.host from millrace.placements p where p.subject = parked.subject)) as host, case cause
          when 'machine-failed' then (select count(*) from millrace.parked_journey_events e where e.subject = parked.subject)
          else (select count(*) from millrace.parked_events e where e.subject = parked.subject)
        end::integer as events
      from (
        select subject, target, tenant_id, key, cause, parked_at, null as host, null as message from millrace.parked_lanes
        union all
        select subject, target, tenant_id, key, 'machine-failed', parked_at, host, message from millrace.parked_journeys
        order by parked_at, subject
      ) parked
      where $1::timestamptz is null or (parked_at, subject) > ($1, $2)
      order by parked_at, subject limit $3`,
      [after?.at, after?.id, limit + 1],
    );
    return pageOf(rows.map(parkedLane), limit, ({ parkedAt, subject }) => ({ at: parkedAt, id: subject }));
  },

  async due({ earlyMaxAgeMs, limit }) {
    const { rows } = await connection.query<LaneRecord>(
      `select ${laneColumns} from millrace.parked_lanes lane
      where exists (select from millrace.streams s where s.subject = lane.subject) or parked_at <= $1
      order by ${longestUntried} limit $2`,
      [new Date(now().getTime() - earlyMaxAgeMs), limit],
    );
    return rows.map(parkedLane);
  },

  async unstarted({ limit }) {
    const { rows } = await connection.query<LaneRecord>(
      `select ${laneColumns} from millrace.parked_lanes lane
      where cause not in ('early', 'start-missing')
        and not exists (select from millrace.streams s where s.subject = lane.subject)
      order by ${longestUntried} limit $1`,
      [limit],
    );
    return rows.map(parkedLane);
  },

  async count() {
    const { rows } = await connection.query<{ lanes: number; events: number }>(
      `select (select count(*) from millrace.parked_lanes)::integer
          + (select count(*) from millrace.parked_journeys)::integer as lanes,
        (select count(*) from millrace.parked_events)::integer
          + (select count(*) from millrace.parked_journey_events)::integer as events`,
    );
    return rows[0] ?? { lanes: 0, events: 0 };
  },

  async causes() {
    const { rows } = await connection.query<ParkedLanes>(
      `select target, cause, count(*)::integer as lanes from (
        select target, cause from millrace.parked_lanes
        union all
        select target, 'machine-failed' from millrace.parked_journeys
      ) parked group by target, cause order by target, cause`,
    );
    return rows;
  },
});

/** A lane in hand uses the connection that holds its lock: without the lock, it cannot write either. */
function heldLane(client: PoolClient, subject: string, now: () => Date): HeldLane {
  const connection = queryable(client);
  return {
    events: (limit) => parkedEvents(connection, subject, limit),
    stream: () => streamOf(connection, subject),
    cause: () => laneCause(connection, subject),
    park: (ref, events, cause) => parkInLane(connection, ref, events, cause, now().toISOString()),
    unblock: () => unblockLane(connection, subject),
    remove: (eventIds) => removeParked(connection, LANES, subject, eventIds),
  };
}

/** The sweep looks first at lanes that waited longest since somebody tried: one that stays stuck starves no other. */
async function noteAttempt(connection: Queryable, subject: string, now: Date): Promise<void> {
  await connection.query('update millrace.parked_lanes set attempted_at = $2 where subject = $1', [subject, now]);
}
