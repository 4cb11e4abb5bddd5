import type { Queryable } from './connection';
import type { Store, StoreReport } from './store';

const within = (tenant: string, time: string): string =>
  `($1::text is null or starts_with(${tenant}, $1)) and ($2::timestamptz is null or ${time} >= $2)`;

/** A subject may be in both: the bridge could not reach the host, or the host parked it. */
const parked = `
  select subject, min(tenant_id) as tenant_id, min(parked_at) as parked_at from (
    select subject, tenant_id, parked_at from millrace.parked_lanes
    union all select subject, tenant_id, parked_at from millrace.parked_journeys
  ) each group by subject`;

const counts = `
  select
    (select count(*)::integer from millrace.ledger_records where ${within("coalesce(tenant_id, '')", 'read_at')}) as records,
    (select count(*)::integer from millrace.events join millrace.streams using (subject)
      where kind = 'transition' and ${within('tenant_id', 'recorded_at')}) as transitions,
    (select count(*)::integer from millrace.events join millrace.streams using (subject)
      where kind = 'late' and ${within('tenant_id', 'recorded_at')}) as late,
    (select count(*)::integer from (${parked}) lane where ${within('tenant_id', 'parked_at')}) as "parkedLanes",
    (select count(*)::integer from (
        select subject from millrace.parked_events union all select subject from millrace.parked_journey_events
      ) event join (${parked}) lane using (subject) where ${within('tenant_id', 'parked_at')}) as "parkedEvents",
    (select count(*)::integer from millrace.dead_letters where ${within("coalesce(tenant_id, '')", 'dead_at')}) as "deadLetters"`;

const streams = `
  select target, status, stage, count(*)::integer as streams from millrace.streams
  where ${within('tenant_id', 'created_at')} group by target, status, stage order by target, status, stage`;

const verdicts = `
  select case when nth > 1 then 'duplicate' else verdict end as verdict, count(*)::integer as deliveries
  from millrace.ledger_verdicts where ${within("coalesce(tenant_id, '')", 'read_at')} group by 1`;

/** What the store knows, counted: to be held against Kafka and the services' own tables. */
export const createReport =
  (connection: Queryable): Store['report'] =>
  async (filter = {}) => {
    const values = [filter.tenantPrefix, filter.since];
    const [counted, byStage, byVerdict] = [
      await connection.query<Omit<StoreReport, 'streams' | 'deliveries'>>(counts, values),
      await connection.query<StoreReport['streams'][number]>(streams, values),
      await connection.query<{ verdict: string; deliveries: number }>(verdicts, values),
    ];
    const none = { records: 0, transitions: 0, late: 0, parkedLanes: 0, parkedEvents: 0, deadLetters: 0 };
    return {
      ...(counted.rows[0] ?? none),
      streams: byStage.rows,
      deliveries: {
        delivered: 0,
        ignored: 0,
        parked: 0,
        late: 0,
        duplicate: 0,
        dead: 0,
        ...Object.fromEntries(byVerdict.rows.map(({ verdict, deliveries }) => [verdict, deliveries])),
      },
    };
  };
