import type { Pool } from 'pg';
import { inTransaction, type Queryable, queryable, withConnection } from '../connection';
import { lockKey } from '../lock-key';
import { JOURNEYS, removeParked } from '../parking/parked-events';
import type { Store } from '../store';
import type { DeliveredEvent, DueSubject, Json, LoadedStream, LoadedSubject } from '../types';
import { parkJourney } from './parked-journeys';

interface ParkedRecord {
  readonly subject: string;
  readonly tenantId: string;
  readonly key: string;
  readonly event: DeliveredEvent | null;
  /** How many events wait, up to one more than one load answers. */
  readonly there: number | null;
}

const streamsOf = `
    select subject, tenant_id as "tenantId", key, chain, version, status, stage, state, machine_version as "machineVersion",
      correlation_id as "correlationId"
    from millrace.streams where subject = any($1::text[])`;

/** Parked events of a journey that one load answers. The query asks for one more, by which the reader knows that there are more. */
const MOST_PARKED = 200;
/** The first of them always. Temporal refuses an activity's answer above 2 MiB for good, and warns at 512 KiB. */
const MOST_PARKED_BYTES = 256 * 1024;
/** What one load answers of all its subjects, and the effects that are read at a time; the first always. */
const MOST_ANSWERED_BYTES = 512 * 1024;

/** As many of the first rows of `page` as fit, and at least one; `position` is their order. */
const fitting = (page: string, { value, most }: { readonly value: string; readonly most: number }): string => `
  select * from (
    select page.*, count(*) over ()::integer as there, row_number() over (order by position) as nth,
      sum(octet_length(${value}::text)) over (order by position) as bytes
    from (${page}) page
  ) sized where nth = 1 or bytes <= ${most}`;

const parkedOf = `
    select journey.subject, journey.tenant_id as "tenantId", journey.key, waiting.event, waiting.there
    from millrace.parked_journeys journey left join lateral (${fitting(
      `select event, position from millrace.parked_journey_events e
      where e.subject = journey.subject order by position limit ${MOST_PARKED + 1}`,
      { value: 'event', most: MOST_PARKED_BYTES },
    )}) waiting on true
    where journey.subject = any($1::text[]) order by journey.subject, waiting.position`;

const oldestEffects = `${fitting(
  'select effect, position from millrace.host_effects where host = $1 order by position limit $2',
  { value: 'effect', most: MOST_ANSWERED_BYTES },
)} order by position`;

/** The predicate of the index, word for word, or PostgreSQL does not use it. */
const due = `
    select subject, at from (
      (select subject, deadline as at from millrace.streams
        where chain = $1 and status = 'open' and deadline is not null and strpos(chain, '/') > 0
          and (deadline, subject) > ($2::timestamptz, $3) and deadline <= $4::timestamptz
        order by deadline, subject limit $5)
      union all
      (select subject, retry_at as at from millrace.parked_journeys
        where host = $1 and (retry_at, subject) > ($2::timestamptz, $3) and retry_at <= $4::timestamptz
        order by retry_at, subject limit $5)
    ) found order by at, subject limit $5`;

/** What hosts of pooled journeys ask of the store (docs/decisions/0005). */
export const createHosting = (pool: Pool, now: () => Date): Store['hosting'] => {
  const connection = queryable(pool);
  return {
    /** Waits for appends of the chain before: what they write is what the new chain reads. */
    open: (host, chain) =>
      withConnection(pool, (client) =>
        inTransaction(client, `select pg_advisory_xact_lock(${lockKey('host', host)})`, async () => {
          const inside = queryable(client);
          await inside.query(
            `insert into millrace.hosts (host, chain) values ($1, $2)
            on conflict (host) do update set chain = excluded.chain, since = now() where hosts.chain <> excluded.chain`,
            [host, chain],
          );
          return { stages: await openByStage(inside, host) };
        }),
      ),

    async load(subjects) {
      const [streams, parked] = await Promise.all([
        connection.query<LoadedStream & { subject: string }>(streamsOf, [subjects]),
        connection.query<ParkedRecord>(parkedOf, [subjects]),
      ]);
      const bySubject = new Map(streams.rows.map(({ subject, ...stream }) => [subject, stream]));
      return answerable(
        subjects.map((subject) => ({
          subject,
          stream: bySubject.get(subject),
          parked: parkedIn(parked.rows.filter((row) => row.subject === subject)),
        })),
      );
    },

    async due(host, { after, until, limit }) {
      const { rows } = await connection.query<{ subject: string; at: Date }>(due, [
        host,
        after?.at ?? '-infinity',
        after?.subject ?? '',
        until,
        limit,
      ]);
      return rows.map(({ subject, at }): DueSubject => ({ subject, at: at.toISOString() }));
    },

    park: (parking) => withConnection(pool, (client) => parkJourney(client, parking, now().toISOString())),
    unpark: async (subject, eventIds) => void (await removeParked(connection, JOURNEYS, subject, eventIds)),

    async putAwayEffects(host, effects) {
      await connection.query(
        `insert into millrace.host_effects (host, key, effect)
        select $1, key, effect from unnest($2::text[], $3::json[]) with ordinality kept(key, effect, nth) order by nth
        on conflict (host, key) do nothing`,
        [host, effects.map(({ key }) => key), effects.map(({ effect }) => JSON.stringify(effect))],
      );
    },
    async effects(host, limit) {
      const { rows } = await connection.query<{ effect: Json }>(oldestEffects, [host, limit]);
      return rows.map(({ effect }) => effect);
    },
    async forgetEffects(host, keys) {
      await connection.query('delete from millrace.host_effects where host = $1 and key = any($2::text[])', [
        host,
        keys,
      ]);
    },
  };
};

async function openByStage(connection: Queryable, host: string): Promise<Record<string, number>> {
  const { rows } = await connection.query<{ stage: string; journeys: number }>(
    `select stage, count(*)::integer as journeys from millrace.streams
    where chain = $1 and status = 'open' and strpos(chain, '/') > 0 group by stage order by stage`,
    [host],
  );
  return Object.fromEntries(rows.map(({ stage, journeys }) => [stage, journeys]));
}

function parkedIn(rows: readonly ParkedRecord[]): LoadedSubject['parked'] {
  const [first] = rows;
  if (first === undefined) return undefined;
  const events = rows.flatMap(({ event }) => event ?? []).slice(0, MOST_PARKED);
  return { tenantId: first.tenantId, key: first.key, events, more: (first.there ?? 0) > events.length };
}

/** The first of them, as many as fit. */
function answerable(loaded: readonly LoadedSubject[]): readonly LoadedSubject[] {
  let bytes = 0;
  const end = loaded.findIndex((each, nth) => {
    bytes += Buffer.byteLength(JSON.stringify(each));
    return nth > 0 && bytes > MOST_ANSWERED_BYTES;
  });
  return end < 0 ? loaded : loaded.slice(0, end);
}
