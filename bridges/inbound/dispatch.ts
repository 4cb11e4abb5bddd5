import type { HeldLane, Store } from '../../store/store';
import type { ParkCause, SubjectRef } from '../../store/types';
import { firstCall, sortByVerdict } from './decide';
import { type Delivery, eventsOf, type Note } from './delivery';
import { type HeldLanes, recordLate } from './held-lane';
import type { LaneMemory } from './lane-memory';
import type { PacedCalls } from './paced-calls';
import type { RouteTarget } from './route';

/** The lane is in other hands: a sweep drains it. Try again soon. */
export class LaneHeld extends Error {
  override readonly name = 'LaneHeld';
  constructor(readonly subject: string) {
    super(`${subject} is held by somebody else`);
  }
}

export interface Dispatch {
  /** Settles a batch of one lane, oldest first. Rejects if it has to be tried again, whole. */
  deliver(batch: readonly Delivery[]): Promise<void>;
  /** Puts a batch into its parked lane without a call. */
  park(batch: readonly Delivery[], cause: ParkCause): Promise<void>;
}

export function createDispatch(deps: {
  store: Pick<Store, 'recordLate'> & {
    readonly parking: Pick<Store['parking'], 'tryHold'>;
    readonly streams: Pick<Store['streams'], 'verdicts'>;
  };
  calls: PacedCalls;
  held: HeldLanes;
  memory: LaneMemory;
  isParked: (subject: string) => Promise<boolean>;
  pause: (ms: number) => Promise<void>;
  /** A start was taken: events may wait for it in a parked lane. */
  onStarted: (ref: SubjectRef, target: RouteTarget) => void;
  note: Note;
}): Dispatch {
  const { store, calls, held, memory, isParked, pause, onStarted, note } = deps;

  async function deliver(batch: readonly Delivery[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    const { ref, target } = first;
    if (await laneIsParked(ref.subject, batch))
      return underHold(ref, (lane) => held.deliver(lane, { ref, target, deliveries: batch }));
    const absent = await send(ref, target, batch);
    if (absent.length === 0) return;
    const left = await settleByStore(ref, target, absent);
    if (left.length > 0) await underHold(ref, (lane) => held.deliver(lane, { ref, target, deliveries: left }));
  }

  /** With a start it is read again: what was sent before it, its host may have parked since. */
  async function laneIsParked(subject: string, batch: readonly Delivery[]): Promise<boolean> {
    const lane = memory.of(subject);
    if (lane.parked === false && batch.some(({ mayStart }) => mayStart)) lane.parked = undefined;
    if (lane.parked !== undefined) return lane.parked;
    const { epoch } = memory;
    const parked = await isParked(subject);
    if (epoch === memory.epoch) lane.parked = parked;
    return parked;
  }

  /** Answers what nobody took: nothing, or the batch from the call on that met nobody. */
  async function send(ref: SubjectRef, target: RouteTarget, batch: readonly Delivery[]): Promise<readonly Delivery[]> {
    const { kind, events } = firstCall(batch);
    const now = batch.slice(0, events);
    const answer = await (kind === 'signal'
      ? calls.signal(ref, eventsOf(now))
      : calls.signalWithStart(ref, target, eventsOf(now)));
    if (answer !== 'taken') return batch;
    if (kind === 'signal-with-start') onStarted(ref, target);
    for (const delivery of now) note(delivery, 'delivered');
    return events === batch.length ? [] : send(ref, target, batch.slice(events));
  }

  /** Decision 8: the store says what an event is to a subject that did not take it. Answers what is still to be settled. */
  async function settleByStore(
    ref: SubjectRef,
    target: RouteTarget,
    batch: readonly Delivery[],
  ): Promise<readonly Delivery[]> {
    const verdicts = await store.streams.verdicts(
      ref.subject,
      batch.map(({ event }) => event.eventId),
    );
    const { duplicates, closed, unsettled } = sortByVerdict(batch, verdicts);
    for (const delivery of duplicates) note(delivery, 'duplicate');
    if (closed.length > 0) await recordLate(store, ref, target, closed, note);
    return unsettled;
  }

  async function underHold(ref: SubjectRef, work: (lane: HeldLane) => Promise<void>): Promise<void> {
    const lane = memory.of(ref.subject);
    for (const waitMs of HOLD_WAITS_MS) {
      if (waitMs > 0) await pause(waitMs);
      const { epoch } = memory;
      // Unknown until the hold is over: work that fails half-way may have left events in the lane.
      lane.parked = undefined;
      const done = await store.parking.tryHold(ref.subject, async (heldLane) => {
        await work(heldLane);
        return (await heldLane.events(1)).length > 0;
      });
      if (done === undefined) continue;
      if (epoch === memory.epoch) lane.parked = done.value;
      if (!done.value) lane.parkedAs = undefined;
      return;
    }
    throw new LaneHeld(ref.subject);
  }

  return {
    deliver,
    async park(batch, cause) {
      const [first] = batch;
      if (first === undefined) return;
      const { ref, target } = first;
      await underHold(ref, (lane) => held.park(lane, { ref, target, deliveries: batch }, cause));
    },
  };
}

/** Before each try to hold a lane; a sweep lets go of a lane as soon as it is empty. */
const HOLD_WAITS_MS = [0, 5, 20, 50, 100];
