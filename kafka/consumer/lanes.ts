import { type Backoff, backoffMs } from '../backoff';
import { createAlarms } from './alarms';
import { createLane, dropFormer, type Entry, isCurrent, isEmpty, type Lane, takeBatch } from './lane';
import type { ConsumerLimits } from './types';

/** One batch of one lane, in flight until it is settled or has failed. */
export interface Call<W> {
  readonly lane: string;
  readonly batch: readonly Entry<W>[];
}

/** All lanes: which may start, which are in flight, which wait for their next try. */
export interface Lanes<W> {
  /** `shared` as the lane's first entry has it. */
  enqueue(key: string, shared: boolean, entry: Entry<W>): void;
  /** Batches to be started now: one per lane at most, longest waiting lane first. */
  start(now: number): readonly Call<W>[];
  settled(call: Call<W>): void;
  failed(call: Call<W>, now: number): void;
  /** After trackers were replaced. */
  dropFormer(): void;
  nextRetryAt(): number | undefined;
  stats(): { readonly lanes: number; readonly retrying: number; readonly inFlight: number };
}

type LanesLimits = Pick<ConsumerLimits, 'maxBatch' | 'maxBatchBytes' | 'maxInFlight' | 'maxShared'>;

/** Lanes that wait for room of the same kind. */
interface Rank<W> {
  readonly room: number;
  ready: Lane<W>[];
  inFlight: number;
}

export function createLanes<W>(limits: LanesLimits, retry: Backoff, random: () => number): Lanes<W> {
  const lanes = new Map<string, Lane<W>>();
  const retries = createAlarms<Lane<W>>();
  const alone: Rank<W> = { room: limits.maxInFlight, ready: [], inFlight: 0 };
  const shared: Rank<W> = { room: limits.maxShared, ready: [], inFlight: 0 };
  const rankOf = (lane: Lane<W>): Rank<W> => (lane.shared ? shared : alone);

  const makeReady = (lane: Lane<W>): void => {
    if (lane.ready || lane.inFlight || lane.again !== undefined) return;
    lane.ready = true;
    rankOf(lane).ready.push(lane);
  };

  /** By identity: another lane of the same name may have come since. */
  const forget = (lane: Lane<W>): void => {
    if (lanes.get(lane.key) === lane) lanes.delete(lane.key);
  };

  const goOn = (lane: Lane<W>): void => {
    if (isEmpty(lane)) forget(lane);
    else makeReady(lane);
  };

  const retryDue = (now: number): void => {
    for (const lane of retries.due(now)) {
      // A new assignment may have emptied it, and it may have failed again since.
      if (lane.again === undefined || lane.inFlight || lane.ready || lane.retryAt > now) continue;
      lane.ready = true;
      rankOf(lane).ready.push(lane);
    }
  };

  const startOf = (rank: Rank<W>): readonly Call<W>[] => {
    const calls: Call<W>[] = [];
    let looked = 0;
    for (; rank.inFlight < rank.room && looked < rank.ready.length; looked += 1) {
      const lane = rank.ready[looked] as Lane<W>;
      lane.ready = false;
      const batch = lane.again ?? takeBatch(lane, limits);
      lane.again = undefined;
      if (batch.length === 0) {
        goOn(lane);
        continue;
      }
      lane.inFlight = true;
      rank.inFlight += 1;
      calls.push({ lane: lane.key, batch });
    }
    if (looked > 0) rank.ready = rank.ready.slice(looked);
    return calls;
  };

  /** The lane whose call this is: it lives as long as its call. */
  const finish = ({ lane: key }: Call<W>): Lane<W> => {
    const lane = lanes.get(key);
    if (lane?.inFlight !== true) throw new Error(`no call in flight for lane ${key}`);
    lane.inFlight = false;
    rankOf(lane).inFlight -= 1;
    return lane;
  };

  return {
    enqueue(key, isShared, entry) {
      let lane = lanes.get(key);
      if (lane === undefined) {
        lane = createLane(key, isShared);
        lanes.set(key, lane);
      }
      lane.queue.push(entry);
      makeReady(lane);
    },
    start(now) {
      retryDue(now);
      return [...startOf(alone), ...startOf(shared)];
    },
    settled(call) {
      const lane = finish(call);
      lane.attempts = 0;
      goOn(lane);
    },
    failed(call, now) {
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
    },
    dropFormer() {
      for (const lane of lanes.values()) {
        dropFormer(lane);
        goOn(lane);
      }
    },
    nextRetryAt: () => retries.next(),
    stats() {
      let retrying = 0;
      for (const lane of lanes.values()) if (lane.again !== undefined) retrying += 1;
      return { lanes: lanes.size, retrying, inFlight: alone.inFlight + shared.inFlight };
    },
  };
}
