import type { Inbox } from './inbox';
import type { WireEvent } from './wire';

/** An event that the saga took without acting on it, and why. */
export type Note = { readonly eventId: string; readonly eventType: string; readonly note: string };

export type Consumed = { readonly eventId: string; readonly version: number };

/**
 * The server terminates a workflow that asks for an activity with more than 2 MiB: however many events come, one append
 * takes so many of them, and one move tells of so many.
 */
const MAX_NOTED = 500;
const MAX_TOLD = 100;

/** What a saga took from its inbox and has not yet recorded. Pure bookkeeping. */
export class SagaEvents {
  private causing: { event: WireEvent; version: number }[] = [];
  private noted: { event: WireEvent; version: number; note: string }[] = [];
  private untold: Note[] = [];
  private leftOut = 0;

  constructor(private readonly inbox: Inbox) {}

  /** Taken and not yet recorded, in no particular order. */
  get unrecorded(): WireEvent[] {
    return [...this.causing, ...this.noted].map(({ event }) => event);
  }

  get hasNotes(): boolean {
    return this.noted.length > 0;
  }

  has(types: readonly string[]): boolean {
    return this.inbox.has(types);
  }

  /** Takes the oldest event of these types: a cause of the next move. */
  take(types: readonly string[], version: number): WireEvent | undefined {
    const event = this.inbox.takeFirst(types);
    if (event) this.causing.push({ event, version });
    return event;
  }

  /** Takes events of these types, to be recorded as consumed without a move; where there are many, not all of them at once. */
  note(types: readonly string[], version: number, note: string): void {
    const room = MAX_NOTED - this.noted.length;
    for (const event of this.inbox.takeEvery(types, Math.max(room, 1))) this.noted.push({ event, version, note });
  }

  /** An event taken as a cause turns out to cause nothing. */
  demote(event: WireEvent, note: string): void {
    for (const cause of this.causing.filter((each) => each.event === event)) this.noted.push({ ...cause, note });
    this.causing = this.causing.filter((each) => each.event !== event);
  }

  /** For an append without a move: only what was noted; causes wait for their move. */
  consumedNotes(): readonly Consumed[] {
    return this.noted.map(consumed);
  }

  /** For an append with a move. Notes that were recorded before without a move are told with the next one, the first of them. */
  forMove(): { causes: string[]; consumed: Consumed[]; notes: Note[]; moreNotes: number; events: WireEvent[] } {
    const notes = [...this.untold, ...this.noted.map(asNote)];
    return {
      causes: this.causing.map(({ event }) => event.eventId),
      consumed: [...this.causing, ...this.noted].map(consumed),
      notes: notes.slice(0, MAX_TOLD),
      moreNotes: this.leftOut + Math.max(notes.length - MAX_TOLD, 0),
      events: this.unrecorded,
    };
  }

  notesRecorded(): void {
    const { notes, moreNotes } = this.forMove();
    this.untold = notes;
    this.leftOut = moreNotes;
    this.noted = [];
  }

  moveRecorded(): void {
    this.causing = [];
    this.noted = [];
    this.untold = [];
    this.leftOut = 0;
  }
}

const consumed = ({ event, version }: { event: WireEvent; version: number }): Consumed => ({
  eventId: event.eventId,
  version,
});

const asNote = ({ event, note }: { event: WireEvent; note: string }): Note => ({
  eventId: event.eventId,
  eventType: event.eventType,
  note,
});
