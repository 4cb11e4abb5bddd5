import type { PartitionLag } from '@millrace/kafka';

/**
 * Whether this bridge has read what was there when it got its partitions. Before, an early event may look forgotten
 * although what starts its subject waits in Kafka: after an outage longer than early events are kept, for one.
 */
export interface CaughtUp {
  assigned(): void;
  /** `lags`: of the partitions that have brought something since the assignment. */
  isSo(lags: readonly PartitionLag[]): boolean;
}

/** `graceMs`: after it, a partition that has brought nothing holds nothing. */
export function createCaughtUp(graceMs: number, now: () => number): CaughtUp {
  let assignedAt: number | undefined;
  let read = new Set<string>();
  return {
    assigned() {
      assignedAt = now();
      read = new Set();
    },
    isSo(lags) {
      for (const { topic, partition, lag } of lags) if (lag === 0) read.add(`${topic}/${partition}`);
      if (assignedAt === undefined || now() - assignedAt < graceMs) return false;
      return lags.every(({ topic, partition }) => read.has(`${topic}/${partition}`));
    },
  };
}
