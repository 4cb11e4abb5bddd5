import type { Pool } from 'pg';
import { inTransaction, type Queryable, queryable, script, withConnection } from './connection';
import { StoreError } from './errors';
import { lockKey } from './lock-key';
import type { Store } from './store';
import { storable, storableOrNull } from './text';
import type { LedgerRow } from './types';

interface LedgerRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly event_id: string | null;
  readonly event_type: string | null;
  readonly tenant_id: string | null;
  readonly read_at: Date;
  readonly verdicts: LedgerRow['verdicts'];
}

const ledgerRow = (record: LedgerRecord): LedgerRow => ({
  topic: record.topic,
  partition: record.partition,
  offset: record.offset,
  eventId: record.event_id,
  eventType: record.event_type,
  tenantId: record.tenant_id,
  readAt: record.read_at.toISOString(),
  verdicts: record.verdicts,
});

const dayMs = 86_400_000;
/** `2026-03-01`, in UTC. */
const dayOf = (instant: Date): string => instant.toISOString().slice(0, 10);
const dayAfter = (day: string): string => dayOf(new Date(Date.parse(day) + dayMs));
const partitionOf = (day: string): string => `ledger_${day.replaceAll('-', '')}`;
const NO_PARTITION = '23514';

/** What the bridge read and where it sent it (docs/architecture.md, "Who decides what"). Whatever a record held, its row can be written. */
export function createLedger(pool: Pool, now: () => Date): Store['ledger'] {
  const connection = queryable(pool);
  const known = new Set<string>();

  const preparePartitions = async (days: Iterable<string>): Promise<void> => {
    for (const day of days) {
      if (known.has(day)) continue;
      await createPartition(pool, day);
      known.add(day);
    }
  };

  return {
    async write(rows) {
      if (rows.length === 0) return;
      const latest = latestInOrder(rows);
      const days = daysOf(latest);
      await preparePartitions(days);
      try {
        await upsert(connection, latest);
      } catch (error) {
        if (!(error instanceof StoreError) || error.facts['sqlState'] !== NO_PARTITION) throw error;
        for (const day of days) known.delete(day);
        await preparePartitions(days);
        await upsert(connection, latest);
      }
    },

    async byEvent(tenantId, eventId) {
      const { rows } = await connection.query<LedgerRecord>(
        `select * from (
          select distinct on (topic, partition, "offset") * from millrace.ledger
          where tenant_id = $1 and event_id = $2 order by topic, partition, "offset", day desc
        ) records order by read_at, topic, partition, "offset"`,
        [storable(tenantId), storable(eventId)],
      );
      return rows.map(ledgerRow);
    },

    async maintain(retentionDays) {
      const today = dayOf(now());
      await preparePartitions([today, dayAfter(today)]);
      const oldest = partitionOf(dayOf(new Date(now().getTime() - retentionDays * dayMs)));
      const { rows } = await connection.query<{ name: string }>(
        `select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
        where inhparent = 'millrace.ledger'::regclass and relname < $1 order by relname`,
        [oldest],
      );
      for (const { name } of rows) await dropPartition(pool, name);
      if (rows.length > 0) known.clear();
    },

    async summary() {
      const { rows } = await connection.query<{ verdict: string; records: number }>(
        `select 'records' as verdict, count(*)::integer as records from (
          select from millrace.ledger_records
        ) records
        union all
        select case when nth > 1 then 'duplicate' else verdict end, count(*)::integer
        from millrace.ledger_verdicts group by 1`,
      );
      return Object.fromEntries(rows.map(({ verdict, records }) => [verdict, records]));
    },
  };
}

/** Rows of one batch were read at the same time: a date is worked out once for them. */
const daysOf = (rows: readonly LedgerRow[]): ReadonlySet<string> =>
  new Set([...new Set(rows.map(({ readAt }) => readAt))].map((readAt) => dayOf(new Date(readAt))));

/** Each record once, and in one order for everybody, so that two writers of the same records do not deadlock. */
function latestInOrder(rows: readonly LedgerRow[]): readonly LedgerRow[] {
  const latest = new Map(rows.map((row) => [`${row.topic}/${row.partition}/${row.offset.padStart(20, '0')}`, row]));
  return [...latest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

async function upsert(connection: Queryable, rows: readonly LedgerRow[]): Promise<void> {
  const records = rows.map((row) => ({
    topic: row.topic,
    partition: row.partition,
    offset: row.offset,
    event_id: storableOrNull(row.eventId),
    event_type: storableOrNull(row.eventType),
    tenant_id: storableOrNull(row.tenantId),
    read_at: row.readAt,
    verdicts: row.verdicts.map(storableVerdict),
  }));
  await connection.query(
    `insert into millrace.ledger (day, topic, partition, "offset", event_id, event_type, tenant_id, read_at, verdicts)
    select (read_at at time zone 'UTC')::date, topic, partition, "offset", event_id, event_type, tenant_id, read_at,
      verdicts
    from json_to_recordset($1) records(topic text, partition integer, "offset" bigint, event_id text, event_type text,
      tenant_id text, read_at timestamptz(3), verdicts jsonb)
    on conflict (day, topic, partition, "offset") do update set
      event_id = excluded.event_id, event_type = excluded.event_type, tenant_id = excluded.tenant_id,
      read_at = excluded.read_at, verdicts = millrace.merge_verdicts(ledger.verdicts, excluded.verdicts)`,
    [JSON.stringify(records)],
  );
}

const storableVerdict = ({
  subject,
  verdict,
  cause,
}: LedgerRow['verdicts'][number]): LedgerRow['verdicts'][number] => ({
  subject: storableOrNull(subject, 2_000),
  verdict,
  cause: cause === undefined ? undefined : storable(cause, 2_000),
});

/** Attached rather than created in place: that does not wait for readers and writers of the other days. */
async function createPartition(pool: Pool, day: string): Promise<void> {
  const name = partitionOf(day);
  await withConnection(pool, (client) =>
    inTransaction(client, `select pg_advisory_xact_lock(${lockKey('ledger-partition', name)})`, async () => {
      const { rows } = await queryable(client).query<{ found: string | null }>('select to_regclass($1) as found', [
        `millrace.${name}`,
      ]);
      if (rows[0]?.found != null) return;
      await script(
        client,
        `create table millrace.${name} (like millrace.ledger including all);
        alter table millrace.ledger attach partition millrace.${name} for values from ('${day}') to ('${dayAfter(day)}')`,
      );
    }),
  );
}

/** Gives way to a long reader: the next maintenance tries again. */
async function dropPartition(pool: Pool, name: string): Promise<void> {
  await withConnection(pool, (client) =>
    inTransaction(client, "set local lock_timeout = '2s'", () =>
      script(client, `drop table if exists millrace.${name}`),
    ),
  );
}
