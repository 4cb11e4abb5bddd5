import type { WireEvent } from './wire';

/** How many ids the inbox remembers, so that an event that comes again is dropped at the door. */
export type Memory =
  /** For sagas, which cannot step again: every id of the run chain, up to a count. */
  | { readonly maxIds: number }
  /** For journeys: recent ids; what it forgot, the store still knows. */
  | { readonly maxBytes: number };

/** What continue-as-new takes along. */
export interface CarriedInbox {
  readonly waiting: readonly WireEvent[];
  readonly recent: readonly string[];
}

/** The events of one subject: in the order of arrival, each id once. Pure: signals put in, the shell takes out. */
export class Inbox {
  private waiting: WireEvent[];
  private readonly waitingIds: Set<string>;
  private readonly recent: Set<string>;
  private recentBytes = 0;

  constructor(
    private readonly memory: Memory,
    carried: CarriedInbox = { waiting: [], recent: [] },
  ) {
    this.waiting = [...carried.waiting];
    this.waitingIds = new Set(this.waiting.map(({ eventId }) => eventId));
    this.recent = new Set();
    for (const eventId of carried.recent) this.remember(eventId);
  }

  get size(): number {
    return this.waiting.length;
  }

  /** Ids that wait or were taken before are dropped. */
  receive(events: readonly WireEvent[]): void {
    for (const event of events) {
      if (this.waitingIds.has(event.eventId) || this.recent.has(event.eventId)) continue;
      this.waitingIds.add(event.eventId);
      this.waiting.push(event);
    }
  }

  has(types: readonly string[]): boolean {
    return this.waiting.some(({ eventType }) => types.includes(eventType));
  }

  /** The oldest `limit` events. */
  take(limit: number = Number.POSITIVE_INFINITY): WireEvent[] {
    const taken = this.waiting.slice(0, limit);
    this.waiting = this.waiting.slice(taken.length);
    return this.settle(taken);
  }

  /** What waits, and goes on waiting. */
  all(): readonly WireEvent[] {
    return [...this.waiting];
  }

  /** Like taken: those of these ids that wait. */
  drop(eventIds: ReadonlySet<string>): void {
    const dropped = this.waiting.filter(({ eventId }) => eventIds.has(eventId));
    if (dropped.length === 0) return;
    this.waiting = this.waiting.filter(({ eventId }) => !eventIds.has(eventId));
    this.settle(dropped);
  }

  /** The oldest event of one of these types; those of other types keep waiting. */
  takeFirst(types: readonly string[]): WireEvent | undefined {
    const at = this.waiting.findIndex(({ eventType }) => types.includes(eventType));
    if (at < 0) return undefined;
    return this.settle(this.waiting.splice(at, 1))[0];
  }

  /** The oldest `limit` events of these types. */
  takeEvery(types: readonly string[], limit: number): WireEvent[] {
    const taken = new Set(this.waiting.filter(({ eventType }) => types.includes(eventType)).slice(0, limit));
    if (taken.size > 0) this.waiting = this.waiting.filter((event) => !taken.has(event));
    return this.settle([...taken]);
  }

  /** Whether no more waits than this: so many events, of so many characters as JSON. */
  waitsWithin(limits: { readonly events: number; readonly characters: number }): boolean {
    if (this.waiting.length > limits.events) return false;
    const characters = this.waiting.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
    return characters <= limits.characters;
  }

  carry(): CarriedInbox {
    return { waiting: [...this.waiting], recent: [...this.recent] };
  }

  private settle(taken: WireEvent[]): WireEvent[] {
    for (const { eventId } of taken) {
      this.waitingIds.delete(eventId);
      this.remember(eventId);
    }
    return taken;
  }

  private remember(eventId: string): void {
    this.recent.add(eventId);
    this.recentBytes += bytesOf(eventId);
    for (const oldest of this.recent) {
      if (!this.remembersTooMuch()) return;
      this.recent.delete(oldest);
      this.recentBytes -= bytesOf(oldest);
    }
  }

  private remembersTooMuch(): boolean {
    return 'maxIds' in this.memory ? this.recent.size > this.memory.maxIds : this.recentBytes > this.memory.maxBytes;
  }
}

/** As a JSON string in a list: quotes and comma. Ids are ASCII. */
const bytesOf = (eventId: string): number => eventId.length + 3;
