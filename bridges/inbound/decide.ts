import type { StreamRow, Verdict } from '../../store/types';
import type { Delivery } from './delivery';

/** What a lane's subject is to the store. */
export type StreamState = 'none' | 'open' | 'closed';

export const streamState = (row: StreamRow | undefined): StreamState => row?.status ?? 'none';

/** The first call for a batch: the events up to the first that may start are signalled, from there on signal-with-start. */
export function firstCall(batch: readonly Delivery[]): {
  readonly kind: 'signal' | 'signal-with-start';
  readonly events: number;
} {
  const start = batch.findIndex(({ mayStart }) => mayStart);
  if (start === 0) return { kind: 'signal-with-start', events: batch.length };
  return { kind: 'signal', events: start === -1 ? batch.length : start };
}

/** What the store says of a batch that nobody took, event by event (docs/architecture.md, "Who decides what"). */
export interface Sorted {
  readonly duplicates: readonly Delivery[];
  /** The subject has closed and did not take them: the store decides once more, event by event, as it records them. */
  readonly closed: readonly Delivery[];
  /** Open, or no stream: to be looked at while the lane is held. */
  readonly unsettled: readonly Delivery[];
}

export function sortByVerdict(batch: readonly Delivery[], verdicts: readonly Verdict[]): Sorted {
  const having = (...wanted: Verdict[]) => batch.filter((_, at) => wanted.includes(verdicts[at] ?? 'no-stream'));
  return { duplicates: having('duplicate'), closed: having('closed'), unsettled: having('open', 'no-stream') };
}

/** What a parked lane holds. A start waits there only if its own call kept failing. */
export type Waiting = 'nothing' | 'events' | 'a-start';

/**
 * With the lane held, before any call:
 * - `late`: the subject has closed.
 * - `behind`: events wait in the lane, these go behind them.
 * - `start-first`: no stream, and the batch brings the start, which passes what waits for it.
 * - `signal`: nothing waits; try the workflow.
 */
export type HeldStep = 'late' | 'behind' | 'start-first' | 'signal';

export function heldStep(stream: StreamState, waiting: Waiting, bringsStart: boolean): HeldStep {
  if (stream === 'closed') return 'late';
  if (stream === 'none' && bringsStart && waiting !== 'a-start') return 'start-first';
  return waiting === 'nothing' ? 'signal' : 'behind';
}

/** Under which cause events go behind others that somebody else has parked; the last cause given is the lane's. */
export const behindCause = (stream: StreamState, waiting: Waiting): 'early' | 'blocked' =>
  stream === 'none' && waiting === 'events' ? 'early' : 'blocked';

/** With the lane held, after Temporal said that nobody is there. The stream was read again after the call. */
export type AbsentStep = 'late' | 'again' | 'park-early' | 'park-gone';

export function absentStep(before: StreamState, after: StreamState): AbsentStep {
  if (after === 'closed') return 'late';
  if (after === 'none') return 'park-early';
  // Recorded since: it was started meanwhile. Open before and after: its workflow is gone.
  return before === 'none' ? 'again' : 'park-gone';
}

/** What a call carries of it: letters beyond ASCII take two to four. */
export const jsonBytes = (item: object): number => Buffer.byteLength(JSON.stringify(item));

/** As many events from the front as one call may carry; at least one. */
export function oneCall<T>(
  items: readonly T[],
  bytesOf: (item: T) => number,
  limits: { events: number; bytes: number },
): T[] {
  const taken: T[] = [];
  let bytes = 0;
  for (const item of items) {
    bytes += bytesOf(item);
    if (taken.length > 0 && (taken.length >= limits.events || bytes > limits.bytes)) break;
    taken.push(item);
  }
  return taken;
}
