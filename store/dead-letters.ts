import { v5 as uuidv5, validate } from 'uuid';
import type { Queryable } from './connection';
import { decodeCursor, pageOf } from './cursor';
import type { Store } from './store';
import { storable, storableOrNull } from './text';
import type { DeadLetter } from './types';

const NAMESPACE = '0d9a1f7e-5c1b-5a7e-8a44-1a6b6f0c9d32';

interface DeadLetterRecord {
  readonly id: string;
  readonly dead_letter_topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly original_topic: string;
  readonly original_partition: number | null;
  readonly original_offset: string | null;
  readonly event_id: string | null;
  readonly event_type: string | null;
  readonly tenant_id: string | null;
  readonly key: string | null;
  readonly cause: string;
  readonly message: string;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly dead_at: Date;
  readonly redriven_at: Date | null;
  readonly redrive_count: number;
}

const deadLetter = (record: DeadLetterRecord): DeadLetter => ({
  id: record.id,
  deadLetterTopic: record.dead_letter_topic,
  partition: record.partition,
  offset: record.offset,
  originalTopic: record.original_topic,
  originalPartition: record.original_partition,
  originalOffset: record.original_offset,
  eventId: record.event_id,
  eventType: record.event_type,
  tenantId: record.tenant_id,
  key: record.key,
  cause: record.cause,
  message: record.message,
  value: record.value,
  headers: record.headers,
  deadAt: record.dead_at.toISOString(),
  redrivenAt: record.redriven_at?.toISOString() ?? null,
  redriveCount: record.redrive_count,
});

/** Index of the dead-letter topics. Whatever a record held, its row can be written. */
export const createDeadLetters = (connection: Queryable): Store['deadLetters'] => ({
  async index(letters) {
    if (letters.length === 0) return;
    await connection.query(
      `insert into millrace.dead_letters (id, dead_letter_topic, partition, "offset", original_topic,
        original_partition, original_offset, event_id, event_type, tenant_id, key, cause, message, value, headers, dead_at)
      select * from unnest($1::uuid[], $2::text[], $3::integer[], $4::bigint[], $5::text[], $6::integer[], $7::bigint[],
        $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bytea[], $15::json[],
        $16::timestamptz[])
      on conflict do nothing`,
      [
        letters.map((letter) => uuidv5(`${letter.deadLetterTopic}/${letter.partition}/${letter.offset}`, NAMESPACE)),
        letters.map(({ deadLetterTopic }) => deadLetterTopic),
        letters.map(({ partition }) => partition),
        letters.map(({ offset }) => offset),
        letters.map(({ originalTopic }) => storable(originalTopic)),
        letters.map(({ originalPartition }) => originalPartition),
        letters.map(({ originalOffset }) => originalOffset),
        letters.map(({ eventId }) => storableOrNull(eventId)),
        letters.map(({ eventType }) => storableOrNull(eventType)),
        letters.map(({ tenantId }) => storableOrNull(tenantId)),
        letters.map(({ key }) => storableOrNull(key, 10_000)),
        letters.map(({ cause }) => storable(cause)),
        letters.map(({ message }) => storable(message, 10_000)),
        letters.map(({ value }) => value),
        letters.map(({ headers }) => JSON.stringify(headers)),
        letters.map(({ deadAt }) => deadAt),
      ],
    );
  },

  async list({ tenantId, topic, cause }, { limit, cursor }) {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const { rows } = await connection.query<DeadLetterRecord>(
      `select * from millrace.dead_letters
      where ($1::text is null or tenant_id = $1) and ($2::text is null or $2 in (original_topic, dead_letter_topic))
        and ($3::text is null or cause = $3) and ($4::timestamptz is null or (dead_at, id) < ($4, $5::uuid))
      order by dead_at desc, id desc limit $6`,
      [tenantId, topic, cause, after?.at, after?.id, limit + 1],
    );
    return pageOf(rows.map(deadLetter), limit, ({ deadAt, id }) => ({ at: deadAt, id }));
  },

  async get(id) {
    if (!validate(id)) return undefined;
    const { rows } = await connection.query<DeadLetterRecord>('select * from millrace.dead_letters where id = $1', [
      id,
    ]);
    return rows[0] && deadLetter(rows[0]);
  },

  async markRedriven(id) {
    await connection.query(
      'update millrace.dead_letters set redriven_at = now(), redrive_count = redrive_count + 1 where id = $1',
      [id],
    );
  },

  async count() {
    const { rows } = await connection.query<{ letters: number }>(
      'select count(*)::integer as letters from millrace.dead_letters',
    );
    return rows[0]?.letters ?? 0;
  },
});
