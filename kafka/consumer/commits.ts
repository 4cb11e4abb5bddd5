import type { IncomingRecord, RecordPlace } from '../port';
import { placeName } from './partitions';
import type { Tracker } from './tracker';

/** When to commit and what: one commit at a time, each noted first. */
export interface Commits {
  /** Something more is finished. */
  dirty(now: number): void;
  /** The next commit's records, if one is due. */
  begin(
    trackers: Iterable<Tracker>,
    now: number,
    atOnce: boolean,
  ): { readonly id: number; readonly records: readonly IncomingRecord[] } | undefined;
  /** What to commit; undefined if a new assignment has left nothing of it. */
  noted(id: number, now: number): { readonly offsets: readonly RecordPlace[]; readonly records: number } | undefined;
  committed(id: number, now: number): void;
  failed(id: number, now: number): void;
  reassigned(owned: ReadonlySet<string>): void;
  dueAt(): number | undefined;
  isIdle(): boolean;
}

interface Part {
  readonly tracker: Tracker;
  readonly records: number;
  readonly upTo: RecordPlace;
}

const MAX_WAIT_MS = 5_000;

export function createCommits(intervalMs: number): Commits {
  let lastId = 0;
  let running: { readonly id: number; readonly parts: readonly Part[] } | undefined;
  let more = false;
  let dueAt: number | undefined;
  let failures = 0;
  /** What was committed, as long as the partition stays with us: a commit below it would take it back. */
  const floors = new Map<string, bigint>();

  const isAbove = ({ upTo }: Part): boolean => upTo.offset > (floors.get(placeName(upTo)) ?? -1n);

  const end = (now: number): void => {
    running = undefined;
    failures = 0;
    dueAt = more ? now + intervalMs : undefined;
    more = false;
  };

  return {
    dirty(now) {
      if (running === undefined) dueAt ??= now + intervalMs;
      else more = true;
    },
    begin(trackers, now, atOnce) {
      if (running !== undefined || dueAt === undefined) return undefined;
      if (now < dueAt && (!atOnce || failures > 0)) return undefined;
      dueAt = undefined;
      const parts = partsOf(trackers);
      if (parts.length === 0) return undefined;
      lastId += 1;
      running = { id: lastId, parts: parts.map(({ part }) => part) };
      return { id: lastId, records: parts.flatMap(({ records }) => records) };
    },
    noted(id, now) {
      if (running?.id !== id) return undefined;
      const parts = running.parts.filter(({ tracker }) => tracker.current);
      const above = parts.filter(isAbove);
      if (above.length > 0) {
        running = { id, parts };
        return {
          offsets: above.map(({ upTo }) => upTo),
          records: parts.reduce((sum, { records }) => sum + records, 0),
        };
      }
      release(parts);
      end(now);
      return undefined;
    },
    committed(id, now) {
      if (running?.id !== id) return;
      for (const { upTo } of running.parts.filter(isAbove)) floors.set(placeName(upTo), upTo.offset);
      release(running.parts);
      end(now);
    },
    failed(id, now) {
      if (running?.id !== id) return;
      running = undefined;
      more = false;
      failures += 1;
      dueAt = now + Math.min(MAX_WAIT_MS, intervalMs * 2 ** Math.min(failures, 10));
    },
    reassigned(owned) {
      for (const place of floors.keys()) if (!owned.has(place)) floors.delete(place);
      dueAt = undefined;
      more = false;
      failures = 0;
    },
    dueAt: () => dueAt,
    isIdle: () => running === undefined && dueAt === undefined,
  };
}

const release = (parts: readonly Part[]): void => {
  for (const { tracker, records } of parts) if (tracker.current) tracker.release(records);
};

function partsOf(trackers: Iterable<Tracker>): { part: Part; records: readonly IncomingRecord[] }[] {
  const parts: { part: Part; records: readonly IncomingRecord[] }[] = [];
  for (const tracker of trackers) {
    const finished = tracker.finished();
    if (finished === undefined) continue;
    const { records, upTo } = finished;
    parts.push({ part: { tracker, records: records.length, upTo }, records });
  }
  return parts;
}
