import { KafkaError } from '../errors';
import type {
  IncomingRecord,
  KafkaAdmin,
  KafkaDriver,
  OutgoingRecord,
  Producer,
  RecordPlace,
  TopicSpec,
} from '../port';
import { createMemoryGroup, type MemoryGroup } from './memory-group';
import { createMemoryLog } from './memory-log';

/** The client port without a broker, for tests. It keeps the port's contract and lets a test cause what brokers cause. */
export interface MemoryDriver extends KafkaDriver {
  /** All records of a topic, partition by partition. */
  records(topic: string): readonly IncomingRecord[];
  /** Fails the next sends: `answer` decides per send; undefined lets it through. */
  failSends(answer: (records: readonly OutgoingRecord[]) => Error | undefined): void;
  /** As when a member joins or leaves: everybody gets a new assignment and reads again from the last commit. */
  rebalance(groupId: string): void;
  /** Every member of the group is told `crashed`. */
  crash(groupId: string, error: Error): void;
}

export interface MemoryDriverOptions {
  readonly topics?: readonly (string | TopicSpec)[] | undefined;
  /** Of topics given by name; default 3. */
  readonly partitions?: number | undefined;
  readonly now?: (() => number) | undefined;
}

export function createMemoryDriver({
  topics = [],
  partitions = 3,
  now = Date.now,
}: MemoryDriverOptions = {}): MemoryDriver {
  const log = createMemoryLog();
  const groups = new Map<string, MemoryGroup>();
  let failure: (records: readonly OutgoingRecord[]) => Error | undefined = () => undefined;
  for (const topic of topics)
    log.create(typeof topic === 'string' ? { topic, partitions, replicationFactor: 1, config: {} } : topic);

  const group = (groupId: string): MemoryGroup => {
    const known = groups.get(groupId) ?? createMemoryGroup(log);
    groups.set(groupId, known);
    return known;
  };

  const known = (topic: string): void => {
    if (log.spec(topic) === undefined) throw new KafkaError('unknown-topic', `${topic} does not exist`);
  };

  const producer = (): Producer => {
    let closed = false;
    return {
      async send(records) {
        if (closed) throw new KafkaError('closed', 'the producer is closed');
        const error = failure(records);
        if (error !== undefined) throw error;
        for (const { topic } of records) known(topic);
        const places = records.map((record) => log.append(record, now()));
        for (const one of groups.values()) one.wake();
        return places;
      },
      async close() {
        closed = true;
      },
    };
  };

  const admin: KafkaAdmin = {
    createTopics: async (specs) => specs.forEach(log.create),
    describeTopics: async (names) => names.flatMap((topic) => log.spec(topic) ?? []),
    async endOffsets(topic) {
      known(topic);
      return log.partitions(topic).map((place) => ({ ...place, offset: log.end(place) }));
    },
    committed: async (groupId, names): Promise<RecordPlace[]> =>
      [...group(groupId).committed().values()].filter(({ topic }) => names.includes(topic)),
    close: async () => {},
  };

  return {
    producer: async () => producer(),
    async join({ groupId, topics: names, fromBeginning }, listener) {
      names.forEach(known);
      return group(groupId).join({ listener, topics: names, fromBeginning });
    },
    admin: async () => admin,
    async *readRange(topic, partition, from, until) {
      const place = { topic, partition };
      known(topic);
      for (let at = from; at < until && at < log.end(place); at += 1n) yield* log.read(place, at, 1);
    },
    records: (topic) => log.partitions(topic).flatMap((place) => log.read(place, 0n, Number.MAX_SAFE_INTEGER)),
    failSends(answer) {
      failure = answer;
    },
    rebalance: (groupId) => group(groupId).rebalance(),
    crash: (groupId, error) => group(groupId).crash(error),
  };
}
