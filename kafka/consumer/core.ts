import { type Backoff, backoffMs } from '../backoff';
import type { IncomingRecord, RecordPlace, TopicPartition } from '../port';
import { createAlarms } from './alarms';
import { backPressure } from './back-pressure';
import { createCommits, placeName } from './commits';
import { createLane, dropFormer, type Entry, isCurrent, type Lane, takeBatch, waiting } from './lane';
import { createTracker, type Tracked, type Tracker } from './tracker';
import type { ConsumerLimits, ConsumerStats, LaneWork, PartitionLag } from './types';

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

/** One batch of one lane. */
export interface Call<W> {
  readonly lane: string;
  readonly batch: readonly Entry<W>[];
}

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
  const lanes = new Map<string, Lane<W>>();
  const retries = createAlarms<Lane<W>>();
  const commits = createCommits(limits.commitIntervalMs);
  let trackers = new Map<string, Tracker>();
  let paused = new Set<Tracker>();
  let ready: Lane<W>[] = [];
  let inFlight = 0;
  let stopping = false;
  let drained = false;
  let outputs: Output<W>[] = [];

  const assigned = (partitions: readonly TopicPartition[]): void => {
    for (const tracker of trackers.values()) tracker.current = false;
    trackers = new Map(
      partitions.map((place) => [placeName(place), createTracker({ topic: place.topic, partition: place.partition })]),
    );
    paused = new Set();
    commits.reassigned(new Set(trackers.keys()));
    dropFormerEntries();
  };

  const dropFormerEntries = (): void => {
    for (const lane of lanes.values()) {
      dropFormer(lane);
      if (isEmpty(lane)) forget(lane);
      else if (waiting(lane) > 0) makeReady(lane);
    }
  };

  /** By identity: another lane of the same name may have come since. */
  const forget = (lane: Lane<W>): void => {
    if (lanes.get(lane.key) === lane) lanes.delete(lane.key);
  };

  const records = (batch: readonly IncomingRecord[], highWatermark: bigint, now: number): void => {
    const first = batch[0];
    if (first === undefined || stopping) return;
    const tracker = trackerFor(first);
    if (tracker === undefined) return;
    tracker.end(highWatermark);
    for (const record of batch) enqueue(tracker, record);
    if (tracker.advance()) commits.dirty(now);
    regulate();
  };

  /** The log may begin anew below what was read (an unclean leader, a reset offset): then so does the tracker. */
  const trackerFor = (first: IncomingRecord): Tracker | undefined => {
    const name = placeName(first);
    const tracker = trackers.get(name);
    if (tracker?.next === undefined || first.offset >= tracker.next) return tracker;
    tracker.current = false;
    paused.delete(tracker);
    const anew = createTracker(tracker.place);
    trackers.set(name, anew);
    dropFormerEntries();
    return anew;
  };

  const enqueue = (tracker: Tracker, record: IncomingRecord): void => {
    const items = split(record);
    const tracked = tracker.add(record, items.length);
    for (const { lane: key, work, bytes } of items) {
      let lane = lanes.get(key);
      if (lane === undefined) {
        lane = createLane(key);
        lanes.set(key, lane);
      }
      lane.queue.push({ work, record, tracked, bytes: bytes ?? record.value?.length ?? 0 });
      makeReady(lane);
    }
  };

  const makeReady = (lane: Lane<W>): void => {
    if (lane.ready || lane.inFlight !== undefined || lane.again !== undefined) return;
    lane.ready = true;
    ready.push(lane);
  };

  const startLanes = (): void => {
    if (stopping) return;
    let taken = 0;
    while (inFlight < limits.maxInFlight && taken < ready.length) {
      const lane = ready[taken] as Lane<W>;
      taken += 1;
      lane.ready = false;
      start(lane);
    }
    if (taken > 0) ready = ready.slice(taken);
  };

  const start = (lane: Lane<W>): void => {
    const batch = lane.again ?? takeBatch(lane, limits);
    lane.again = undefined;
    if (batch.length === 0) {
      if (isEmpty(lane)) forget(lane);
      return;
    }
    lane.inFlight = batch;
    inFlight += 1;
    outputs.push({ type: 'settle', call: { lane: lane.key, batch } });
  };

  /** The lane whose call this is. A lane lives as long as its call, so it is there. */
  const finish = ({ lane: key }: Call<W>): Lane<W> => {
    const lane = lanes.get(key);
    if (lane?.inFlight === undefined) throw new Error(`no call in flight for lane ${key}`);
    lane.inFlight = undefined;
    inFlight -= 1;
    return lane;
  };

  const settled = (call: Call<W>, now: number): void => {
    const lane = finish(call);
    lane.attempts = 0;
    for (const { tracked } of call.batch) close(tracked, now);
    goOn(lane);
  };

  const goOn = (lane: Lane<W>): void => {
    if (waiting(lane) > 0) makeReady(lane);
    else forget(lane);
  };

  const close = (tracked: Tracked, now: number): void => {
    tracked.open -= 1;
    if (tracked.open === 0 && tracked.tracker.current && tracked.tracker.advance()) commits.dirty(now);
  };

  const failed = (call: Call<W>, now: number): void => {
    const lane = finish(call);
    // What a former assignment brought is its new owner's now, or comes again.
    const again = call.batch.filter(isCurrent);
    if (again.length === 0) {
      lane.attempts = 0;
      goOn(lane);
      return;
    }
    lane.attempts += 1;
    lane.again = again;
    lane.retryAt = now + backoffMs(retry, lane.attempts, random);
    retries.set(lane.retryAt, lane);
  };

  const retryDue = (now: number): void => {
    for (const lane of retries.due(now)) {
      // A new assignment may have emptied it, and it may have failed again since.
      if (lane.again === undefined || lane.inFlight !== undefined || lane.ready || lane.retryAt > now) continue;
      lane.ready = true;
      ready.push(lane);
    }
  };

  const commitDue = (now: number): void => {
    const next = commits.begin(trackers.values(), now, stopping);
    if (next !== undefined) outputs.push({ type: 'note', ...next });
  };

  const committed = (id: number, now: number): void => {
    commits.committed(id, now);
    regulate();
  };

  const regulate = (): void => {
    if (stopping) return;
    const { pause, resume } = backPressure([...trackers.values()], paused, limits);
    for (const tracker of pause) paused.add(tracker);
    for (const tracker of resume) paused.delete(tracker);
    if (pause.length > 0) outputs.push({ type: 'pause', partitions: pause.map(({ place }) => place) });
    if (resume.length > 0) outputs.push({ type: 'resume', partitions: resume.map(({ place }) => place) });
  };

  const apply = (input: Input<W>, now: number): void => {
    switch (input.type) {
      case 'assigned':
        assigned(input.partitions);
        break;
      case 'records':
        records(input.records, input.highWatermark, now);
        break;
      case 'settled':
        settled(input.call, now);
        break;
      case 'failed':
        failed(input.call, now);
        break;
      case 'noted': {
        const offsets = commits.noted(input.id, now);
        if (offsets !== undefined) outputs.push({ type: 'commit', id: input.id, ...offsets });
        break;
      }
      case 'committed':
        committed(input.id, now);
        break;
      case 'note-failed':
      case 'commit-failed':
        commits.failed(input.id, now);
        break;
      case 'stop':
        stopping = true;
        break;
      case 'timer':
        break;
      default:
        input satisfies never;
    }
  };

  return {
    step(input, now) {
      outputs = [];
      apply(input, now);
      retryDue(now);
      startLanes();
      commitDue(now);
      if (stopping && !drained && inFlight === 0 && commits.isIdle()) {
        drained = true;
        outputs.push({ type: 'drained' });
      }
      return outputs;
    },
    wakeAt() {
      const retryAt = stopping ? undefined : retries.next();
      const commitAt = commits.dueAt();
      return retryAt === undefined || commitAt === undefined ? (retryAt ?? commitAt) : Math.min(retryAt, commitAt);
    },
    lag: () =>
      [...trackers.values()].flatMap(({ place, position, highWatermark }) =>
        position === undefined ? [] : [{ ...place, lag: Math.max(0, Number(highWatermark - position)) }],
      ),
    stats() {
      let bufferedRecords = 0;
      let bufferedBytes = 0;
      for (const { held, heldBytes } of trackers.values()) {
        bufferedRecords += held;
        bufferedBytes += heldBytes;
      }
      let retrying = 0;
      for (const lane of lanes.values()) if (lane.again !== undefined) retrying += 1;
      return {
        partitions: trackers.size,
        paused: paused.size,
        lanes: lanes.size,
        retrying,
        inFlight,
        bufferedRecords,
        bufferedBytes,
      };
    },
  };
}

const isEmpty = (lane: Lane<unknown>): boolean =>
  lane.inFlight === undefined && lane.again === undefined && waiting(lane) === 0;
