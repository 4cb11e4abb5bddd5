import type { HeldLane, Store } from '../../store/store';
import type { DeliveredEvent, ParkCause, SubjectRef } from '../../store/types';
import type { BridgeMetrics } from '../metrics';
import type { Cause, DeadLetters } from './dead-letters';
import {
  absentStep,
  behindCause,
  heldStep,
  jsonBytes,
  oneCall,
  type StreamState,
  streamState,
  type Waiting,
} from './decide';
import { type Delivery, eventsOf, type Note } from './delivery';
import type { LaneMemory } from './lane-memory';
import type { PacedCalls } from './paced-calls';
import type { RouteTarget } from './route';
import { CallError } from './workflow-calls';

export interface CallLimits {
  readonly events: number;
  readonly bytes: number;
}

export type DrainResult =
  /** Nothing is left in the lane. */
  | 'empty'
  /** Its subject has not started yet. */
  | 'waiting'
  /** Its stream is open, its workflow is not there. */
  | 'gone';

interface Batch {
  readonly ref: SubjectRef;
  readonly target: RouteTarget;
  readonly deliveries: readonly Delivery[];
}

/** What is done while one holder alone may park into, drain or pass a lane (docs/architecture.md, "Who decides what"). */
export interface HeldLanes {
  /** Settles deliveries: to the workflow, behind what waits, or as late. Rejects for another try. */
  deliver(lane: HeldLane, batch: Batch): Promise<void>;
  /** Delivers what waits, oldest first. `giveUp`: what nobody has started goes to the dead letters. */
  drain(lane: HeldLane, ref: SubjectRef, target: RouteTarget, giveUp: boolean): Promise<DrainResult>;
  park(lane: HeldLane, batch: Batch, cause: ParkCause): Promise<void>;
}

export function createHeldLanes(deps: {
  store: Pick<Store, 'recordLate'>;
  calls: PacedCalls;
  deadLetters: DeadLetters;
  memory: LaneMemory;
  limits: CallLimits;
  metrics: BridgeMetrics;
  note: Note;
}): HeldLanes {
  const { store, calls, deadLetters, memory, limits, metrics, note } = deps;

  async function deliver(lane: HeldLane, batch: Batch): Promise<void> {
    const { ref, target, deliveries } = batch;
    const before = streamState(await lane.stream());
    const waiting = waitingKind(await (before === 'none' ? untilStart(lane, target) : lane.events(1)), target);
    const start = deliveries.findIndex(({ mayStart }) => mayStart);
    switch (heldStep(before, waiting, start >= 0)) {
      case 'late':
        return late(batch);
      case 'behind':
        return parkOrIgnore(lane, batch, memory.of(ref.subject).parkedAs ?? behindCause(before, waiting), before);
      case 'start-first':
        return startFirst(lane, batch, start, waiting);
      case 'signal': {
        const answer = await calls.signal(ref, eventsOf(deliveries));
        if (answer === 'taken') return delivered(deliveries);
        return absent(lane, batch, before);
      }
    }
  }

  /** The start passes what waits for it; then come the waiting ones, then the rest of the batch. */
  async function startFirst(lane: HeldLane, batch: Batch, at: number, waiting: Waiting): Promise<void> {
    const { ref, target, deliveries } = batch;
    const start = deliveries.slice(at, at + 1);
    const rest = deliveries.toSpliced(at, 1);
    const together = waiting === 'nothing' ? [...start, ...rest] : start;
    const answer = await calls.signalWithStart(ref, target, eventsOf(together));
    if (answer === 'already-started') return absent(lane, batch, 'none', 'workflow-gone');
    delivered(together);
    if (waiting === 'nothing') return;
    await drain(lane, ref, target, false);
    if (rest.length > 0) await deliver(lane, { ref, target, deliveries: rest });
  }

  async function absent(lane: HeldLane, batch: Batch, before: StreamState, early: ParkCause = 'early'): Promise<void> {
    const after = streamState(await lane.stream());
    switch (absentStep(before, after)) {
      case 'late':
        return late(batch);
      case 'again':
        return deliver(lane, batch);
      case 'park-early':
        return parkOrIgnore(lane, batch, early, after);
      case 'park-gone':
        return park(lane, batch, 'workflow-gone');
    }
  }

  async function parkOrIgnore(lane: HeldLane, batch: Batch, cause: ParkCause, stream: StreamState): Promise<void> {
    const ignored = stream === 'none' ? batch.deliveries.filter(({ whenMissing }) => whenMissing === 'ignore') : [];
    for (const delivery of ignored) note(delivery, 'ignored', 'no-subject');
    const deliveries = batch.deliveries.filter((delivery) => !ignored.includes(delivery));
    if (deliveries.length > 0) await park(lane, { ...batch, deliveries }, cause);
  }

  async function park(lane: HeldLane, { ref, deliveries }: Batch, cause: ParkCause): Promise<void> {
    await lane.park(ref, eventsOf(deliveries), cause);
    memory.of(ref.subject).parkedAs = cause;
    metrics.laneParked(ref.target, cause);
    for (const delivery of deliveries) note(delivery, 'parked', cause);
  }

  const delivered = (deliveries: readonly Delivery[]): void => {
    for (const delivery of deliveries) note(delivery, 'delivered');
  };

  async function late({ ref, target, deliveries }: Batch): Promise<void> {
    await recordLate(store, ref, target, deliveries, note);
  }

  async function drain(lane: HeldLane, ref: SubjectRef, target: RouteTarget, giveUp: boolean): Promise<DrainResult> {
    let width = limits.events;
    for (;;) {
      const waiting = await lane.events(limits.events);
      if (waiting.length === 0) return 'empty';
      const before = streamState(await lane.stream());
      if (before === 'closed') {
        await store.recordLate(ref, waiting, target.late === 'ignore');
        await remove(lane, ref, waiting);
        continue;
      }
      const events = before === 'none' ? withStartFirst(await untilStart(lane, target), target) : waiting;
      if (giveUp && before === 'none' && (await isStartMissing(lane, events, target))) {
        await giveUpOn(lane, ref, waiting, startMissing);
        continue;
      }
      const call = oneCall(events, jsonBytes, { ...limits, events: width });
      const taken = await send(ref, target, call, before).catch(refusal);
      if (taken instanceof CallError) {
        if (call.length === 1) await giveUpOn(lane, ref, call, { code: 'refused', message: taken.message });
        width = Math.max(1, Math.floor(call.length / 2));
      } else if (taken) {
        await remove(lane, ref, call);
        // Or its host's word that the start is missing would not count in it, and it would be asked for ever.
        if (giveUp && before === 'none' && !startsWith(call, target)) await lane.unblock();
      } else {
        const step = absentStep(before, streamState(await lane.stream()));
        if (step === 'park-gone') return 'gone';
        if (step === 'park-early' && !giveUp) return 'waiting';
        if (step === 'park-early') await giveUpOn(lane, ref, waiting, neverStarted);
      }
    }
  }

  /** What waits, from the oldest to the first that may start: a start that kept failing may wait behind any number. */
  async function untilStart(lane: HeldLane, { startsOn }: RouteTarget): Promise<readonly DeliveredEvent[]> {
    for (let limit = limits.events; ; limit *= 4) {
      const events = await lane.events(limit);
      if (events.length < limit || events.some(({ eventType }) => startsOn.includes(eventType))) return events;
    }
  }

  /** Its host has said that it is not there. Asked again, it would take the events, wait, and park them, for ever. */
  async function isStartMissing(lane: HeldLane, events: readonly DeliveredEvent[], target: RouteTarget) {
    return !startsWith(events, target) && (await lane.cause()) === 'start-missing';
  }

  async function send(
    ref: SubjectRef,
    target: RouteTarget,
    events: readonly DeliveredEvent[],
    stream: StreamState,
  ): Promise<boolean> {
    const [first] = events;
    const starts = stream === 'none' && first !== undefined && target.startsOn.includes(first.eventType);
    const answer = await (starts ? calls.signalWithStart(ref, target, events) : calls.signal(ref, events));
    return answer === 'taken';
  }

  async function giveUpOn(lane: HeldLane, ref: SubjectRef, events: readonly DeliveredEvent[], cause: Cause) {
    await deadLetters.buryEvents(events, cause);
    await remove(lane, ref, events);
  }

  async function remove(lane: HeldLane, ref: SubjectRef, events: readonly DeliveredEvent[]): Promise<void> {
    await lane.remove(events.map(({ eventId }) => eventId));
    metrics.drained(ref.target, events.length);
  }

  return { deliver, drain, park };
}

const neverStarted: Cause = { code: 'never-started', message: 'no event has started its subject' };
const startMissing: Cause = {
  code: 'never-started',
  message: 'its host has waited in vain for what starts its subject: it never came, or was lost with a terminated host',
};

/** What the server will never take is an answer here; anything else goes up, to be tried again. */
function refusal(error: unknown): CallError {
  if (error instanceof CallError && error.fault === 'invalid') return error;
  throw error;
}

function waitingKind(events: readonly DeliveredEvent[], target: RouteTarget): Waiting {
  if (events.length === 0) return 'nothing';
  return events.some(({ eventType }) => target.startsOn.includes(eventType)) ? 'a-start' : 'events';
}

const startsWith = ([first]: readonly DeliveredEvent[], { startsOn }: RouteTarget): boolean =>
  first !== undefined && startsOn.includes(first.eventType);

function withStartFirst(events: readonly DeliveredEvent[], { startsOn }: RouteTarget): readonly DeliveredEvent[] {
  const at = events.findIndex(({ eventType }) => startsOn.includes(eventType));
  return at <= 0 ? events : [...events.slice(at, at + 1), ...events.toSpliced(at, 1)];
}

/** For deliveries to a closed subject: late, or duplicate, as the store says while it records them. */
export async function recordLate(
  store: Pick<Store, 'recordLate'>,
  ref: SubjectRef,
  target: RouteTarget,
  deliveries: readonly Delivery[],
  note: Note,
): Promise<void> {
  const ignore = target.late === 'ignore';
  const verdicts = await store.recordLate(ref, eventsOf(deliveries), ignore);
  deliveries.forEach((delivery, at) => {
    if (verdicts[at] === 'duplicate') note(delivery, 'duplicate');
    else if (ignore) note(delivery, 'ignored', 'late');
    else note(delivery, 'late', 'closed');
  });
}
