import { KafkaError } from '../errors';
import type { IncomingRecord, OutgoingRecord, RecordPlace, TopicPartition, TopicSpec } from '../port';

/** The broker's side of the in-memory driver: topics and their records. */
export interface MemoryLog {
  create(spec: TopicSpec): void;
  spec(topic: string): TopicSpec | undefined;
  append(record: OutgoingRecord, timestamp: number): RecordPlace;
  read(place: TopicPartition, from: bigint, limit: number): readonly IncomingRecord[];
  end(place: TopicPartition): bigint;
  partitions(topic: string): readonly TopicPartition[];
}

export function createMemoryLog(): MemoryLog {
  const specs = new Map<string, TopicSpec>();
  const logs = new Map<string, IncomingRecord[]>();
  const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
  const logOf = (place: TopicPartition): IncomingRecord[] => {
    const log = logs.get(nameOf(place));
    if (log === undefined) throw new KafkaError('unknown-topic', `${nameOf(place)} does not exist`);
    return log;
  };
  return {
    create(spec) {
      if (specs.has(spec.topic)) return;
      specs.set(spec.topic, spec);
      for (let partition = 0; partition < spec.partitions; partition += 1)
        logs.set(nameOf({ topic: spec.topic, partition }), []);
    },
    spec: (topic) => specs.get(topic),
    append(record, timestamp) {
      const { topic, key, value, headers } = record;
      const partition = record.partition ?? hash(key ?? '') % (specs.get(topic)?.partitions ?? 1);
      const log = logOf({ topic, partition });
      const offset = BigInt(log.length);
      log.push({ topic, partition, offset, key, value, headers: { ...headers }, timestamp });
      return { topic, partition, offset };
    },
    read: (place, from, limit) => logOf(place).slice(Number(from), Number(from) + limit),
    end: (place) => BigInt(logOf(place).length),
    partitions: (topic) =>
      Array.from({ length: specs.get(topic)?.partitions ?? 0 }, (_, partition) => ({ topic, partition })),
  };
}

const hash = (key: string): number => {
  let sum = 0;
  for (const letter of key) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_003;
  return sum;
};
