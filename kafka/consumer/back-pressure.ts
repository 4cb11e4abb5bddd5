import type { Tracker } from './tracker';
import type { ConsumerLimits } from './types';

type Marks = Pick<ConsumerLimits, 'maxBufferedRecords' | 'maxBufferedBytes'>;

/**
 * Which partitions to pause and to resume. Nothing is paused below the high mark. Above it, those are that hold more than their
 * share: one partition with a blocked lane fills up and stops alone, the others flow on. They are resumed when all is low again
 * or when they have come down to half their share. `fill` is what is held, as a part of what may be.
 */
export function backPressure(
  trackers: readonly Tracker[],
  paused: ReadonlySet<Tracker>,
  marks: Marks,
): { readonly pause: readonly Tracker[]; readonly resume: readonly Tracker[]; readonly fill: number } {
  let records = 0;
  let bytes = 0;
  for (const tracker of trackers) {
    records += tracker.held;
    bytes += tracker.heldBytes;
  }
  const { maxBufferedRecords, maxBufferedBytes } = marks;
  const fill = Math.max(records / maxBufferedRecords, bytes / maxBufferedBytes);
  const share = (part: number, tracker: Tracker): boolean =>
    tracker.held * trackers.length > maxBufferedRecords * part ||
    tracker.heldBytes * trackers.length > maxBufferedBytes * part;
  return {
    pause: fill > 1 ? trackers.filter((tracker) => !paused.has(tracker) && share(1, tracker)) : [],
    resume: [...paused].filter((tracker) => fill <= 0.5 || !share(0.5, tracker)),
    fill,
  };
}
