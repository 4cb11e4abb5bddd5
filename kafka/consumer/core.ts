import type { Backoff } from '../backoff';
import type { IncomingRecord, RecordPlace, TopicPartition } from '../port';
import { createCommits } from './commits';
import { type Call, createLanes } from './lanes';
import { createPartitions } from './partitions';
import type { Tracked, Tracker } from './tracker';
import type { ConsumerLimits, ConsumerStats, LaneWork, PartitionLag } from './types';

export type { Call } from './lanes';

/** What the world tells the core. Time comes with it. */
export type Input<W> =
  | { readonly type: 'assigned'; readonly partitions: readonly TopicPartition[] }
  | { readonly type: 'records'; readonly records: readonly IncomingRecord[]; readonly highWatermark: bigint }
  | { readonly type: 'settled' | 'failed'; readonly call: Call<W> }
  /** Of the output with the same id. */
  | { readonly type: 'noted' | 'note-failed' | 'committed' | 'commit-failed'; readonly id: number }
  /** The time asked for by `wakeAt` has come. */
  | { readonly type: 'timer' }
  | { readonly type: 'stop' };

/** What the core asks for. */
export type Output<W> =
  | { readonly type: 'settle'; readonly call: Call<W> }
  | { readonly type: 'pause' | 'resume'; readonly partitions: readonly TopicPartition[] }
  /** Tell `beforeCommit`, answer noted or note-failed. */
  | { readonly type: 'note'; readonly id: number; readonly records: readonly IncomingRecord[] }
  /** Answer committed or commit-failed. */
  | { readonly type: 'commit'; readonly id: number; readonly offsets: readonly RecordPlace[]; readonly records: number }
  /** After `stop`: nothing is in flight and all that is finished is committed. */
  | { readonly type: 'drained' };

export interface CoreOptions<W> {
  readonly split: (record: IncomingRecord) => readonly LaneWork<W>[];
  readonly limits: ConsumerLimits;
  readonly retry: Backoff;
  readonly random: () => number;
}

/**
 * The consumer's rules, without I/O and clock: lanes in order, offsets without gaps, back-pressure. The same inputs at the same
 * times give the same outputs.
 */
export interface Core<W> {
  step(input: Input<W>, now: number): readonly Output<W>[];
  /** When `timer` should be told, if at all. */
  wakeAt(): number | undefined;
  lag(): readonly PartitionLag[];
  stats(): Omit<ConsumerStats, 'joined'>;
}

export function createCore<W>({ split, limits, retry, random }: CoreOptions<W>): Core<W> {
  const lanes = createLanes<W>(limits, retry, random);
  const partitions = createPartitions(limits);
  const commits = createCommits(limits.commitIntervalMs);
  let stopping = false;
  let drained = false;

  const assign = (places: readonly TopicPartition[]): void => {
    partitions.assign(places);
    commits.reassigned(partitions.names());
    lanes.dropFormer();
  };

  const take = (records: readonly IncomingRecord[], highWatermark: bigint, now: number): void => {
    const found = records[0] === undefined || stopping ? undefined : partitions.trackerFor(records[0]);
    if (found === undefined) return;
    const { tracker, anew } = found;
    if (anew) lanes.dropFormer();
    tracker.end(highWatermark);
    for (const record of records) enqueue(tracker, record);
    if (tracker.advance()) commits.dirty(now);
  };

  const enqueue = (tracker: Tracker, record: IncomingRecord): void => {
    const items = split(record);
    const tracked = tracker.add(record, items.length);
    for (const { lane, work, bytes, shared = false } of items)
      lanes.enqueue(lane, shared, { work, record, tracked, bytes: bytes ?? record.value?.length ?? 0 });
  };

  const settle = (call: Call<W>, now: number): void => {
    lanes.settled(call);
    for (const { tracked } of call.batch) close(tracked, now);
  };

  const close = (tracked: Tracked, now: number): void => {
    tracked.open -= 1;
    // The result of a former assignment does not count: its records are with the new owner, or come again.
    if (tracked.open === 0 && tracked.tracker.current && tracked.tracker.advance()) commits.dirty(now);
  };

  const commitOf = (id: number, now: number): readonly Output<W>[] => {
    const commit = commits.noted(id, now);
    return commit === undefined ? [] : [{ type: 'commit', id, ...commit }];
  };

  const regulated = (): readonly Output<W>[] => {
    const { pause, resume } = partitions.regulate();
    return [
      ...(pause.length > 0 ? [{ type: 'pause' as const, partitions: pause }] : []),
      ...(resume.length > 0 ? [{ type: 'resume' as const, partitions: resume }] : []),
    ];
  };

  /** Takes the input in; answers what it causes directly. */
  const apply = (input: Input<W>, now: number): readonly Output<W>[] => {
    switch (input.type) {
      case 'assigned':
        assign(input.partitions);
        return [];
      case 'records':
        take(input.records, input.highWatermark, now);
        return stopping ? [] : regulated();
      case 'settled':
        settle(input.call, now);
        return [];
      case 'failed':
        lanes.failed(input.call, now);
        return [];
      case 'noted':
        // What is not above an earlier commit is let go of at once: that may end a pause as well.
        return [...commitOf(input.id, now), ...(stopping ? [] : regulated())];
      case 'committed':
        commits.committed(input.id, now);
        return stopping ? [] : regulated();
      case 'note-failed':
      case 'commit-failed':
        commits.failed(input.id, now);
        return [];
      case 'stop':
        stopping = true;
        return [];
      case 'timer':
        return [];
      default:
        return input satisfies never;
    }
  };

  return {
    step(input, now) {
      const outputs = [...apply(input, now)];
      if (!stopping) for (const call of lanes.start(now)) outputs.push({ type: 'settle', call });
      const note = commits.begin(partitions.trackers(), now, stopping || partitions.underPressure());
      if (note !== undefined) outputs.push({ type: 'note', ...note });
      if (stopping && !drained && lanes.stats().inFlight === 0 && commits.isIdle()) {
        drained = true;
        outputs.push({ type: 'drained' });
      }
      return outputs;
    },
    wakeAt() {
      const times = [stopping ? undefined : lanes.nextRetryAt(), commits.dueAt()].filter((at) => at !== undefined);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    lag: partitions.lag,
    stats: () => ({ ...partitions.stats(), ...lanes.stats() }),
  };
}
