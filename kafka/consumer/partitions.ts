import type { IncomingRecord, TopicPartition } from '../port';
import { backPressure } from './back-pressure';
import { createTracker, type Tracker } from './tracker';
import type { ConsumerLimits, PartitionLag } from './types';

export const placeName = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** The present assignment: a tracker per partition, and which of them are paused. */
export interface Partitions {
  assign(partitions: readonly TopicPartition[]): void;
  /** Undefined for a partition that is not ours. `anew`: its log began again below what was read, and so does its tracker. */
  trackerFor(first: IncomingRecord): { readonly tracker: Tracker; readonly anew: boolean } | undefined;
  trackers(): Iterable<Tracker>;
  names(): ReadonlySet<string>;
  /** A quarter of what may be held is held: as of the last `regulate`. */
  underPressure(): boolean;
  /** What to pause and to resume now. */
  regulate(): { readonly pause: readonly TopicPartition[]; readonly resume: readonly TopicPartition[] };
  lag(): readonly PartitionLag[];
  stats(): {
    readonly partitions: number;
    readonly paused: number;
    readonly bufferedRecords: number;
    readonly bufferedBytes: number;
  };
}

export function createPartitions(limits: Pick<ConsumerLimits, 'maxBufferedRecords' | 'maxBufferedBytes'>): Partitions {
  let trackers = new Map<string, Tracker>();
  let paused = new Set<Tracker>();
  let pressure = false;
  return {
    assign(partitions) {
      for (const tracker of trackers.values()) tracker.current = false;
      trackers = new Map(
        partitions.map(({ topic, partition }) => [
          placeName({ topic, partition }),
          createTracker({ topic, partition }),
        ]),
      );
      paused = new Set();
    },
    trackerFor(first) {
      const name = placeName(first);
      const known = trackers.get(name);
      if (known === undefined) return undefined;
      if (known.next === undefined || first.offset >= known.next) return { tracker: known, anew: false };
      known.current = false;
      const tracker = createTracker(known.place);
      trackers.set(name, tracker);
      // Still paused at the broker: the new tracker takes the place of the old one until it is resumed.
      if (paused.delete(known)) paused.add(tracker);
      return { tracker, anew: true };
    },
    trackers: () => trackers.values(),
    names: () => new Set(trackers.keys()),
    regulate() {
      const { pause, resume, fill } = backPressure([...trackers.values()], paused, limits);
      pressure = fill > 0.25;
      for (const tracker of pause) paused.add(tracker);
      for (const tracker of resume) paused.delete(tracker);
      return { pause: pause.map(({ place }) => place), resume: resume.map(({ place }) => place) };
    },
    underPressure: () => pressure,
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
      return { partitions: trackers.size, paused: paused.size, bufferedRecords, bufferedBytes };
    },
  };
}
