import type { IncomingRecord, RecordPlace, TopicPartition } from '../port';

/** A record on its way, with the number of lane items that are not settled yet. */
export interface Tracked {
  readonly record: IncomingRecord;
  readonly tracker: Tracker;
  readonly bytes: number;
  open: number;
}

/**
 * The records of one partition in one assignment, in offset order: which are finished, and up to where without a gap.
 * Records are held until their commit has been confirmed.
 */
export interface Tracker {
  readonly place: TopicPartition;
  /** False once a newer assignment has replaced it: nothing of it counts any more. */
  current: boolean;
  held: number;
  heldBytes: number;
  readonly highWatermark: bigint;
  /** Offset after the last record read; undefined before the first. */
  readonly next: bigint | undefined;
  /** Lowest offset that is not finished. */
  readonly position: bigint | undefined;
  add(record: IncomingRecord, items: number): Tracked;
  end(highWatermark: bigint): void;
  /** After `open` of one of its records has reached zero. True if the finished part has grown. */
  advance(): boolean;
  /** Finished without a gap and not yet committed, oldest first. */
  finished(): { readonly records: readonly IncomingRecord[]; readonly upTo: RecordPlace } | undefined;
  /** The commit of what `finished` gave, or of an earlier part of it, is confirmed. */
  release(records: number): void;
}

export function createTracker(place: TopicPartition): Tracker {
  // [0, head) committed and let go of; [head, done) finished; [done, length) begins with an unfinished record.
  let queue: (Tracked | undefined)[] = [];
  let head = 0;
  let done = 0;
  let highWatermark = 0n;
  let next: bigint | undefined;
  const tracker: Tracker = {
    place,
    current: true,
    held: 0,
    heldBytes: 0,
    get highWatermark() {
      return highWatermark;
    },
    get next() {
      return next;
    },
    get position() {
      return queue[done]?.record.offset ?? next;
    },
    add(record, items) {
      const bytes = (record.value?.length ?? 0) + RECORD_OVERHEAD;
      const tracked: Tracked = { record, tracker, bytes, open: items };
      queue.push(tracked);
      next = record.offset + 1n;
      tracker.held += 1;
      tracker.heldBytes += bytes;
      return tracked;
    },
    end(mark) {
      highWatermark = mark;
    },
    advance() {
      const before = done;
      while (done < queue.length && (queue[done] as Tracked).open === 0) done += 1;
      return done > before;
    },
    finished() {
      if (done === head) return undefined;
      const last = queue[done - 1] as Tracked;
      const records = queue.slice(head, done).map((tracked) => (tracked as Tracked).record);
      return { records, upTo: { ...place, offset: last.record.offset + 1n } };
    },
    release(records) {
      for (let left = records; left > 0; left -= 1) {
        tracker.heldBytes -= (queue[head] as Tracked).bytes;
        queue[head] = undefined; // at once: a thousand records in a list that is cut now and then are many bytes
        head += 1;
      }
      tracker.held -= records;
      if (head < 1_024 || head * 2 < queue.length) return;
      queue = queue.slice(head);
      done -= head;
      head = 0;
    },
  };
  return tracker;
}

/** Key, headers and our own notes, roughly. */
const RECORD_OVERHEAD = 500;
