import type { Tracked } from './tracker';
import type { ConsumerLimits, LaneItem } from './types';

export interface Entry<W> extends LaneItem<W> {
  readonly tracked: Tracked;
  readonly bytes: number;
}

/** One key's queue: first in, first out, at most one batch in flight. */
export interface Lane<W> {
  readonly key: string;
  readonly shared: boolean;
  /** Waiting, oldest at `head`; what was before it is let go of. */
  queue: (Entry<W> | undefined)[];
  head: number;
  inFlight: boolean;
  /** Rejected tries of the batch at its head. */
  attempts: number;
  /** A batch to be tried again, as it was. */
  again: readonly Entry<W>[] | undefined;
  /** When. */
  retryAt: number;
  /** In the list of lanes that may be started. */
  ready: boolean;
}

export const createLane = <W>(key: string, shared: boolean): Lane<W> => ({
  key,
  shared,
  queue: [],
  head: 0,
  inFlight: false,
  attempts: 0,
  again: undefined,
  retryAt: 0,
  ready: false,
});

export const isEmpty = (lane: Lane<unknown>): boolean =>
  !lane.inFlight && lane.again === undefined && lane.head === lane.queue.length;

/** Takes the next batch out of the queue, within the limits; entries of a former assignment are dropped on the way. */
export function takeBatch<W>(
  lane: Lane<W>,
  { maxBatch, maxBatchBytes }: Pick<ConsumerLimits, 'maxBatch' | 'maxBatchBytes'>,
): readonly Entry<W>[] {
  const batch: Entry<W>[] = [];
  let bytes = 0;
  while (lane.head < lane.queue.length && batch.length < maxBatch) {
    const entry = lane.queue[lane.head] as Entry<W>;
    if (entry.tracked.tracker.current) {
      if (batch.length > 0 && bytes + entry.bytes > maxBatchBytes) break;
      batch.push(entry);
      bytes += entry.bytes;
    }
    lane.queue[lane.head] = undefined;
    lane.head += 1;
  }
  compact(lane);
  return batch;
}

/** Drops what belongs to a former assignment. What is in flight stays: it finishes, and does not count. */
export function dropFormer<W>(lane: Lane<W>): void {
  lane.queue = lane.queue.slice(lane.head).filter((entry) => isCurrent(entry as Entry<W>));
  lane.head = 0;
  if (lane.again !== undefined) {
    const again = lane.again.filter(isCurrent);
    lane.again = again.length > 0 ? again : undefined;
    if (again.length === 0) lane.attempts = 0;
  }
}

export const isCurrent = (entry: Entry<unknown>): boolean => entry.tracked.tracker.current;

function compact<W>(lane: Lane<W>): void {
  if (lane.head === lane.queue.length) {
    lane.queue = [];
    lane.head = 0;
  } else if (lane.head > 1_024 && lane.head * 2 > lane.queue.length) {
    lane.queue = lane.queue.slice(lane.head);
    lane.head = 0;
  }
}
