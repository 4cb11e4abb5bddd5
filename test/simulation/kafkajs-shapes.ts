import type { IncomingRecord, TopicPartition } from '@millrace/kafka';

/** Shapes in which kafkajs talks to those who use it, as far as our member does. */
export interface Offsets {
  readonly topics: readonly { topic: string; partitions: readonly { partition: number; offset: string }[] }[];
}
export type EachBatch = (payload: object) => Promise<void>;
export interface Position {
  readonly place: TopicPartition;
  next: number | undefined;
}
export interface Fetched {
  readonly place: TopicPartition;
  readonly from: number;
  readonly records: readonly IncomingRecord[];
}

export const isUnknown = (error: unknown): boolean => error instanceof Error && error.message === 'UNKNOWN_MEMBER_ID';

export const flat = (topics: readonly { topic: string; partitions: readonly number[] }[]): TopicPartition[] =>
  topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));

export function byTopic(places: readonly TopicPartition[]): Record<string, number[]> {
  const topics: Record<string, number[]> = {};
  for (const { topic, partition } of places) topics[topic] = [...(topics[topic] ?? []), partition];
  return topics;
}

/** As `eachBatch` gets it. */
export function batchOf(
  { topic, partition }: TopicPartition,
  from: number,
  records: readonly IncomingRecord[],
  end: number,
) {
  return {
    topic,
    partition,
    fetchedOffset: String(from),
    highWatermark: String(end),
    messages: records.map((record) => ({
      offset: String(record.offset),
      key: record.key === null ? null : Buffer.from(record.key),
      value: record.value,
      headers: {},
      timestamp: String(record.timestamp),
      attributes: 0,
    })),
    firstOffset: () => String(records[0]?.offset),
    lastOffset: () => String(records.at(-1)?.offset),
  };
}
