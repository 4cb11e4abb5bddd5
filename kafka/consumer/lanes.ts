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
  enqueue(key: string, entry: Entry<W>): void;
  /** Batches to be started now: one per lane at most, longest waiting lane first. */
  start(now: number): readonly Call<W>[];
  settled(call: Call<W>): void;
  failed(call: Call<W>, now: number): void;
  /** After trackers were replaced. */
  dropFormer(): void;
  nextRetryAt(): number | undefined;
  stats(): { readonly lanes: number; readonly retrying: number; readonly inFlight: number };
}

type LanesLimits = Pick<ConsumerLimits, 'maxBatch' | 'maxBatchBytes' | 'maxInFlight'>;

export function createLanes<W>(limits: LanesLimits, retry: Backoff, random: () => number): Lanes<W> {
  const lanes = new Map<string, Lane<W>>();
  const retries = createAlarms<Lane<W>>();
  let ready: Lane<W>[] = [];
  let inFlight = 0;

  const makeReady = (lane: Lane<W>): void => {
    if (lane.ready || lane.inFlight || lane.again !== undefined) return;
    lane.ready = true;
    ready.push(lane);
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
      ready.push(lane);
    }
  };

  /** The lane whose call this is: it lives as long as its call. */
  const finish = ({ lane: key }: Call<W>): Lane<W> => {
    const lane = lanes.get(key);
    if (lane?.inFlight !== true) throw new Error(`no call in flight for lane ${key}`);
    lane.inFlight = false;
    inFlight -= 1;
    return lane;
  };

  return {
    enqueue(key, entry) {
      let lane = lanes.get(key);
      if (lane === undefined) {
        lane = createLane(key);
        lanes.set(key, lane);
      }
      lane.queue.push(entry);
      makeReady(lane);
    },
    start(now) {
      retryDue(now);
      const calls: Call<W>[] = [];
      let looked = 0;
      for (; inFlight < limits.maxInFlight && looked < ready.length; looked += 1) {
        const lane = ready[looked] as Lane<W>;
        lane.ready = false;
        const batch = lane.again ?? takeBatch(lane, limits);
        lane.again = undefined;
        if (batch.length === 0) {
          goOn(lane);
          continue;
        }
        lane.inFlight = true;
        inFlight += 1;
        calls.push({ lane: lane.key, batch });
      }
      if (looked > 0) ready = ready.slice(looked);
      return calls;
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
      return { lanes: lanes.size, retrying, inFlight };
    },
  };
}
