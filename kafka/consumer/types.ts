import type { Backoff } from '../backoff';
import type { Clock } from '../clock';
import type { Logger } from '../logger';
import type { IncomingRecord, KafkaDriver, TopicPartition } from '../port';

/** A piece of one record's work, in its lane. */
export interface LaneItem<W> {
  readonly work: W;
  readonly record: IncomingRecord;
}

export interface LaneWork<W> {
  readonly lane: string;
  readonly work: W;
  /** What it weighs in `maxBatchBytes`; default: the record's value. */
  readonly bytes?: number | undefined;
  /** Its lane shares its calls with others, so many of them may be in flight: they count in `maxShared`. */
  readonly shared?: boolean | undefined;
}

export interface ConsumerLimits {
  /** Items in one `settle` call; default 100. */
  readonly maxBatch: number;
  /** Default 256 KiB; one item always goes, however large. */
  readonly maxBatchBytes: number;
  /** `settle` calls at the same time; default 64. */
  readonly maxInFlight: number;
  /** The same for lanes whose work is `shared`; default 4,096. */
  readonly maxShared: number;
  /** Records held, from reading to the commit. Above it, partitions that hold more than their share are paused. Default 20,000. */
  readonly maxBufferedRecords: number;
  /** Default 64 MiB. */
  readonly maxBufferedBytes: number;
  /** Default 100 ms. */
  readonly commitIntervalMs: number;
}

export const DEFAULT_LIMITS: ConsumerLimits = {
  maxBatch: 100,
  maxBatchBytes: 256 * 1024,
  maxInFlight: 64,
  maxShared: 4_096,
  maxBufferedRecords: 20_000,
  maxBufferedBytes: 64 * 1024 * 1024,
  commitIntervalMs: 100,
};

/** Plain functions, called on the hot path: they must be cheap and must not throw. */
export interface ConsumerMetrics {
  readonly received?: (topic: string, records: number) => void;
  readonly settled?: (items: number, durationMs: number) => void;
  /** A `settle` call was rejected and will be tried again. */
  readonly retried?: (items: number) => void;
  readonly committed?: (records: number) => void;
  readonly assigned?: (partitions: number) => void;
  readonly rejoined?: (code: string) => void;
}

export interface ConsumerOptions<W> {
  readonly driver: KafkaDriver;
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Default true: a new group reads all there is. */
  readonly fromBeginning?: boolean | undefined;
  readonly sessionTimeoutMs?: number | undefined;
  /** Splits a record into work per lane, must not throw; empty = nothing to do (settled at once). One record may feed several lanes. */
  split(record: IncomingRecord): readonly LaneWork<W>[];
  /**
   * Settles a batch of one lane, oldest first; one call per lane at a time. Rejecting means: the whole batch again after back-off
   * with jitter; the lane's later items wait behind it. After a rebalance items may come again that were settled before.
   */
  settle(lane: string, batch: readonly LaneItem<W>[]): Promise<void>;
  /** Before offsets are committed: the records they cover that were not told before. Rejecting delays the commit and is tried again. */
  beforeCommit?(records: readonly IncomingRecord[]): Promise<void>;
  onAssigned?(partitions: readonly TopicPartition[]): void;
  readonly limits?: Partial<ConsumerLimits> | undefined;
  /** Between two tries of a batch; default 100 ms doubling to 10 s. */
  readonly retry?: Backoff | undefined;
  /** How long `stop` waits for calls in flight; default 10 s. */
  readonly stopDeadlineMs?: number | undefined;
  readonly metrics?: ConsumerMetrics | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
  readonly logger?: Logger | undefined;
}

export interface PartitionLag extends TopicPartition {
  /** Records from the lowest unfinished one to the end of the log, as of the last fetch. */
  readonly lag: number;
}

export interface ConsumerStats {
  /** Member of the group with an assignment, or on its way back into it. */
  readonly joined: boolean;
  readonly partitions: number;
  readonly paused: number;
  readonly lanes: number;
  /** Lanes that wait for their next try. */
  readonly retrying: number;
  readonly inFlight: number;
  readonly bufferedRecords: number;
  readonly bufferedBytes: number;
}

export interface RunningConsumer {
  /** Takes nothing new, waits for what is in flight (with a deadline), commits, leaves the group. */
  stop(): Promise<void>;
  lag(): readonly PartitionLag[];
  stats(): ConsumerStats;
  /** Resolves, once, with the reason why this consumer cannot go on: end the process. */
  readonly crashed: Promise<Error>;
}
