/** The client port: what the platform needs of a Kafka client, and no more. The kafkajs driver implements it. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly partition?: number | undefined;
}

export interface IncomingRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | null;
  readonly value: Buffer | null;
  /** Decoded once, at the edge; the last of repeated headers wins. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface Producer {
  /** acks=all. Resolves with one place per record, in the order given. Rejects with a `KafkaError`; records may then be in the log or not. */
  send(records: readonly OutgoingRecord[]): Promise<readonly RecordPlace[]>;
  close(): Promise<void>;
}

export interface GroupListener {
  /** A new assignment replaces the former one whole; records of each partition start again at the last committed offset. */
  assigned(partitions: readonly TopicPartition[]): void;
  /** Consecutive records of one partition. Returns at once; back-pressure is `pause`. */
  records(records: readonly IncomingRecord[], highWatermark: bigint): void;
  /** The member is gone for good: end the process or join again. */
  crashed(error: Error): void;
}

export interface GroupMember {
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** `offset` is the next one to read. Refused for partitions that are not assigned. */
  commit(offsets: readonly RecordPlace[]): Promise<void>;
  /** Leaves the group. */
  stop(): Promise<void>;
}

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface KafkaAdmin {
  createTopics(specs: readonly TopicSpec[]): Promise<void>;
  describeTopics(topics: readonly string[]): Promise<readonly TopicSpec[]>;
  /** Next offset to be written, per partition. */
  endOffsets(topic: string): Promise<readonly RecordPlace[]>;
  committed(groupId: string, topics: readonly string[]): Promise<readonly RecordPlace[]>;
  close(): Promise<void>;
}

export interface KafkaDriver {
  producer(): Promise<Producer>;
  join(
    group: {
      readonly groupId: string;
      readonly topics: readonly string[];
      readonly fromBeginning: boolean;
      readonly sessionTimeoutMs?: number;
    },
    listener: GroupListener,
  ): Promise<GroupMember>;
  admin(): Promise<KafkaAdmin>;
  /** Reads given partitions without a group, from an offset, until `until` (exclusive): for redrive, reports and tests. */
  readRange(topic: string, partition: number, from: bigint, until: bigint): AsyncIterable<IncomingRecord>;
}
