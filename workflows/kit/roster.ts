import { Inbox } from './inbox';
import type { Standing } from './machine';
import type { Tracing } from './recorded';
import type { LaneBatch, WireEvent } from './wire';

/** About 50 ids for each journey in memory: what it forgot, the store still knows. */
const RECENT_BYTES = 2 * 1024;
/** Events of one journey stepped through at once. */
const MAX_BATCH = 256;

/** One journey in its host's memory: with its state, or with events for which it is yet to be loaded or started. */
export interface Held<State> {
  readonly ref: LaneBatch['ref'];
  readonly inbox: Inbox;
  /** Taken, and to be stepped through before the inbox: parked before, or given back by the store. */
  front: readonly WireEvent[];
  standing: Standing<State>;
  tracing: Tracing;
  /** One of the deliveries may start it. */
  mayStart: boolean;
  /** Milliseconds since the epoch: loaded in vain, it waits for its start until then. */
  awaitsStartUntil: number | undefined;
  /** The store has to be asked, whatever waits. */
  mustLoad: boolean;
  /** The workflow task in which its first moves were recorded, if it began in this memory. */
  bornIn: number | undefined;
  /** Of the events in front: those that the store keeps because the machine failed. */
  parked: { readonly ids: readonly string[]; readonly more: boolean } | undefined;
}

/** What has to be done for a journey whose events wait. */
export type Need = 'step' | 'start' | 'load' | 'await-start';

/** The journeys in a host's memory, and which of them have something to take. Pure. */
export class Roster<State> {
  /** The one touched last comes last. */
  private readonly journeys = new Map<string, Held<State>>();
  private readonly ready = new Set<string>();

  constructor(private readonly startsOn: readonly string[]) {}

  get size(): number {
    return this.journeys.size;
  }

  get hasReady(): boolean {
    return this.ready.size > 0;
  }

  /** Events that were received and not yet taken. */
  get waiting(): number {
    return this.withEvents().reduce((sum, held) => sum + held.front.length + held.inbox.size, 0);
  }

  get(subject: string): Held<State> | undefined {
    return this.journeys.get(subject);
  }

  receive(batches: readonly LaneBatch[]): void {
    for (const { ref, mayStart, events } of batches) {
      const held = this.hold(ref);
      held.inbox.receive(events);
      held.mayStart ||= mayStart;
      if (held.inbox.size > 0) this.ready.add(ref.subject);
    }
  }

  /** The journey, and if it is new here, an empty place for it. */
  hold(ref: LaneBatch['ref']): Held<State> {
    const known = this.journeys.get(ref.subject);
    if (known !== undefined) return known;
    const held: Held<State> = {
      ref,
      inbox: new Inbox({ maxBytes: RECENT_BYTES }),
      front: [],
      standing: { state: undefined, version: 0 },
      tracing: { correlationId: '' },
      mayStart: false,
      awaitsStartUntil: undefined,
      mustLoad: false,
      bornIn: undefined,
      parked: undefined,
    };
    this.journeys.set(ref.subject, held);
    return held;
  }

  /** Its turn comes, also if no event waits. */
  wake(held: Held<State>): void {
    this.ready.add(held.ref.subject);
  }

  /** Those whose turn it is, the longest waiting first, up to so many events. */
  takeReady(maxEvents: number): Held<State>[] {
    const taken: Held<State>[] = [];
    let events = 0;
    for (const subject of this.ready) {
      if (events >= maxEvents) break;
      this.ready.delete(subject);
      const held = this.touch(subject);
      if (held === undefined) continue;
      events += held.front.length + held.inbox.size;
      taken.push(held);
    }
    return taken;
  }

  need(held: Held<State>): Need {
    if (held.mustLoad) return 'load';
    if (held.standing.state !== undefined) return 'step';
    const start =
      held.inbox.has(this.startsOn) || held.front.some(({ eventType }) => this.startsOn.includes(eventType));
    if (held.mayStart && start) return 'start';
    return held.awaitsStartUntil === undefined ? 'load' : 'await-start';
  }

  /** What is stepped through next; the event that starts a journey goes first. What is left keeps its turn. */
  takeBatch(held: Held<State>): WireEvent[] {
    const batch = held.parked?.more === true ? takeParked(held, held.parked.ids) : this.takeAll(held);
    if (held.inbox.size > 0) this.wake(held);
    return batch;
  }

  /** The store has it, or nobody does: it leaves the memory, unless events wait, or more is parked than was loaded. */
  letGo(held: Held<State>): void {
    const isMoreParked = held.parked?.more === true;
    held.standing = { state: undefined, version: 0 };
    held.awaitsStartUntil = undefined;
    held.parked = undefined;
    held.mustLoad = false;
    const waits = held.inbox.size > 0 || held.front.length > 0;
    held.mayStart &&= waits;
    if (isMoreParked || waits) this.wake(held);
    else this.journeys.delete(held.ref.subject);
  }

  /** Lets go of those with nothing to take that were not touched for longest, down to so many. */
  putAway(most: number): Held<State>[] {
    const away: Held<State>[] = [];
    for (const held of this.journeys.values()) {
      if (this.journeys.size <= most) break;
      const idle = held.inbox.size === 0 && held.front.length === 0 && !this.ready.has(held.ref.subject);
      if (!idle || held.standing.state === undefined) continue;
      this.journeys.delete(held.ref.subject);
      away.push(held);
    }
    return away;
  }

  /** Whatever the memory says of states may be wrong: all are loaded again when something comes for them. */
  forgetStates(): void {
    for (const held of [...this.journeys.values()]) this.letGo(held);
  }

  withEvents(): Held<State>[] {
    return [...this.journeys.values()].filter(({ front, inbox }) => front.length > 0 || inbox.size > 0);
  }

  /** With their state, the one touched last first. */
  standing(): Held<State>[] {
    return [...this.journeys.values()].filter(({ standing }) => standing.state !== undefined).reverse();
  }

  private takeAll(held: Held<State>): WireEvent[] {
    const room = Math.max(0, MAX_BATCH - held.front.length);
    const start = held.standing.state === undefined ? this.takeStart(held) : [];
    const batch = eachOnce([...start, ...held.front, ...held.inbox.take(room)]);
    held.front = [];
    return batch;
  }

  private takeStart(held: Held<State>): WireEvent[] {
    const inFront = held.front.find(({ eventType }) => this.startsOn.includes(eventType));
    if (inFront !== undefined) {
      held.front = held.front.filter((event) => event !== inFront);
      return [inFront];
    }
    const start = held.inbox.takeFirst(this.startsOn);
    return start === undefined ? [] : [start];
  }

  private touch(subject: string): Held<State> | undefined {
    const held = this.journeys.get(subject);
    if (held === undefined) return undefined;
    this.journeys.delete(subject);
    this.journeys.set(subject, held);
    return held;
  }
}

/** All else came after what is still to be loaded. */
function takeParked<State>(held: Held<State>, ids: readonly string[]): WireEvent[] {
  const parked = new Set(ids);
  const batch = held.front.filter(({ eventId }) => parked.has(eventId));
  held.front = held.front.filter((event) => !batch.includes(event));
  return batch;
}

/** What was parked may have been sent again. */
function eachOnce(events: readonly WireEvent[]): WireEvent[] {
  const first = new Map<string, WireEvent>();
  for (const event of events) if (!first.has(event.eventId)) first.set(event.eventId, event);
  return [...first.values()];
}
