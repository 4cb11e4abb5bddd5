import type { Envelope, OperatorDecided } from '@millrace/events';
import { CancellationScope, condition } from '@temporalio/workflow';
import type { AppendRequest, Json } from '../../activities/recording/recording.activities';
import type { SagaStage, WorkflowContract } from './contract';
import { reasonOf, refused } from './failures';
import { Inbox } from './inbox';
import { Saga } from './saga';
import { SagaEvents } from './saga-events';
import { type Append, Subject } from './subject';
import type { NotUndone } from './undo-list';
import type { WireEvent, WorkflowInput } from './wire';

/** Ids that a saga remembers: as many signals as one run can be sent, twice. */
const MAX_IDS = 20_000;
const OPERATOR_DECIDED: OperatorDecided['eventType'] = 'OperatorDecided';
const NO_DEADLINE = Number.POSITIVE_INFINITY;

export type SagaEnd = Extract<SagaStage, 'completed' | 'cancelled' | 'abandoned'>;

export interface Move {
  readonly reason?: string | undefined;
  /** Recorded with the transition and kept in the saga's state. */
  readonly data?: Readonly<Record<string, Json>> | undefined;
  /** Milliseconds since the epoch: until when the stage may last. */
  readonly deadline?: number | undefined;
}

export interface SagaRules {
  /** Version of the shape of the saga's state. */
  readonly version: number;
  /** Events by which a customer calls the saga off: looked for around every step and in every wait. */
  readonly calledOffBy: readonly string[];
}

/** What a saga's body works with. */
export interface SagaRun<Start extends Envelope, Accepts extends Envelope, Stage extends string> {
  readonly start: WireEvent<Start>;
  readonly saga: Saga;
  /** Records the next of the saga's own stages, in a non-cancellable scope; answers the stream's new version. */
  moveTo(stage: Stage, move?: Move): Promise<number>;
  /** The oldest event of these types, also one that came before it was asked for; undefined at the deadline. */
  next<Type extends Accepts['eventType']>(
    types: readonly Type[],
    deadline: number,
  ): Promise<Extract<Accepts, { readonly eventType: Type }> | undefined>;
}

/** One saga's inbox, steps and stream. Everything runs in sequence; only signals come in between. */
export class SagaShell<Start extends Envelope, Accepts extends Envelope, Stage extends string> {
  private readonly inbox = new Inbox({ maxIds: MAX_IDS });
  private readonly events = new SagaEvents(this.inbox);
  private readonly subject: Subject;
  private readonly saga: Saga;
  private stage: Stage | SagaStage | null = null;
  private facts: Readonly<Record<string, Json>> = {};
  private deadline: string | undefined;

  constructor(
    private readonly contract: WorkflowContract<Start, Accepts, Stage | SagaStage>,
    private readonly rules: SagaRules,
    input: WorkflowInput,
  ) {
    this.subject = new Subject(input, this.inbox);
    this.saga = new Saga(input.subject, () => this.throwIfCalledOff());
  }

  async begin(): Promise<SagaRun<Start, Accepts, Stage>> {
    await CancellationScope.nonCancellable(() => condition(() => this.events.has(this.contract.startsOn)));
    const start = this.events.take(this.contract.startsOn, this.subject.version);
    if (start === undefined) throw new Error('The starting event is gone from the inbox');
    return {
      start: start as unknown as WireEvent<Start>, // its type is one that the contract starts on
      saga: this.saga,
      moveTo: (stage, move) => this.moveTo(stage, move),
      next: (types, deadline) => this.next(types, deadline),
    };
  }

  /** Undoes to the end; a step that cannot be undone leaves the saga stuck until an operator decides. */
  async takeBack(failure: Error): Promise<'cancelled' | 'abandoned'> {
    await this.moveTo('compensating', { reason: reasonOf(failure) });
    for (let left = await this.saga.undoAll(); left.length > 0; left = await this.saga.undoAll()) {
      const version = await this.moveTo('stuck', { reason: `not undone: ${left.map(told).join(', ')}` });
      const { decision, operator } = await this.operatorDecision(version);
      if (decision === 'give-up') return this.close('abandoned', `given up by ${operator}`);
      await this.moveTo('compensating', { reason: `retried by ${operator}` });
    }
    return this.close('cancelled');
  }

  /** Records the end, with what nobody took as late, and returns when nothing waits. */
  async close<End extends SagaEnd>(end: End, reason?: string): Promise<End> {
    // Once taken back, a saga has an answer to everything it understands: there is nothing left to act on.
    const types = end === 'completed' ? this.mereNotes([]) : this.understood();
    const note = (): void => this.events.note(types, this.subject.version, `came before the close as ${end}`);
    for (note(); this.events.has(types); note()) await this.recordNotes();
    await this.record(end, { reason }, true);
    return end;
  }

  /** For the second chain of a subject: writes off what it got. */
  async leave(): Promise<'foreign'> {
    await this.subject.settleForeign(this.events.unrecorded);
    return 'foreign';
  }

  private moveTo(stage: Stage | SagaStage, move: Move = {}): Promise<number> {
    return CancellationScope.nonCancellable(() => this.record(stage, move, false));
  }

  private async next<Type extends Accepts['eventType']>(
    types: readonly Type[],
    deadline: number,
  ): Promise<Extract<Accepts, { readonly eventType: Type }> | undefined> {
    const wanted = [...types, ...this.rules.calledOffBy];
    const event = await this.waitFor(wanted, this.mereNotes(wanted), deadline);
    if (event !== undefined && !types.some((type) => type === event.eventType)) throw calledOff(event);
    return event as Extract<Accepts, { readonly eventType: Type }> | undefined;
  }

  private throwIfCalledOff(): void {
    const event = this.events.take(this.rules.calledOffBy, this.subject.version);
    if (event !== undefined) throw calledOff(event);
  }

  /** The decision that answers this very `stuck`; one that answers another is consumed and ignored. */
  private async operatorDecision(version: number): Promise<OperatorDecided['data']> {
    const others = this.understood().filter((type) => type !== OPERATOR_DECIDED);
    for (;;) {
      const event = await this.waitFor([OPERATOR_DECIDED], others, NO_DEADLINE);
      if (event === undefined) continue;
      const data = event.data as OperatorDecided['data'];
      if (data.stuckVersion === version) return data;
      this.events.demote(event, `answers version ${data.stuckVersion}, not ${version}`);
    }
  }

  private async waitFor(
    types: readonly string[],
    noted: readonly string[],
    deadline: number,
  ): Promise<WireEvent | undefined> {
    for (;;) {
      const event = this.events.take(types, this.subject.version);
      if (event !== undefined) return event;
      this.events.note(noted, this.subject.version, `came in stage ${this.stage}`);
      if (this.events.hasNotes) {
        await this.recordNotes();
        continue;
      }
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) return undefined;
      const something = (): boolean => this.events.has(types) || this.events.has(noted);
      await (leftMs === NO_DEADLINE ? condition(something) : condition(something, leftMs));
    }
  }

  private async record(stage: Stage | SagaStage, move: Move, closed: boolean): Promise<number> {
    const { causes, consumed, notes, moreNotes, events } = this.events.forMove();
    const data = { ...move.data, ...(notes.length > 0 && { notes }), ...(moreNotes > 0 && { moreNotes }) };
    const from = this.stage;
    this.facts = { ...this.facts, ...move.data };
    this.deadline = move.deadline === undefined ? undefined : new Date(move.deadline).toISOString();
    this.stage = stage;
    this.subject.follow(events);
    const draft = {
      from,
      to: stage,
      causes,
      reason: move.reason,
      data: Object.keys(data).length > 0 ? data : undefined,
    };
    await this.append({ transitions: [draft], consumed, after: this.after(closed) }, closed ? this.inbox.take() : []);
    this.events.moveRecorded();
    return this.subject.version;
  }

  private async recordNotes(): Promise<void> {
    await this.append({ transitions: [], consumed: this.events.consumedNotes(), after: this.after(false) }, []);
    this.events.notesRecorded();
  }

  /** A saga cannot step again: an event that the store knew before may be left out, unless it caused a move. */
  private async append(append: Omit<Append, 'late'>, late: readonly WireEvent[]): Promise<void> {
    // Only the first move is caused by signals alone; every later one follows a step or a wait.
    const causedBy = this.subject.version === 0 ? 'signals' : 'clock-or-effect';
    const { duplicates } = append.after.closed
      ? await this.subject.close(append, causedBy, late)
      : await this.subject.append({ ...append, late: [] }, causedBy);
    if (duplicates.length === 0) return;
    const acted = append.transitions.flatMap(({ causes }) => causes).filter((id) => duplicates.includes(id));
    if (acted.length > 0) throw new Error(`Acted on events that were taken before: ${acted.join(', ')}`);
    const consumed = append.consumed.filter(({ eventId }) => !duplicates.includes(eventId));
    await this.append({ ...append, consumed }, late);
  }

  private after(closed: boolean): AppendRequest['after'] {
    const state = { ...this.facts, steps: this.saga.taken };
    return { stage: this.stage ?? '', state, machineVersion: this.rules.version, closed, deadline: this.deadline };
  }

  private understood(): string[] {
    return [...new Set([...this.contract.startsOn, ...this.contract.acceptsOn, ...this.rules.calledOffBy])];
  }

  /** Events that an open saga acts on only where it asks for them: another start, a decision that nobody waits for. */
  private mereNotes(wanted: readonly string[]): string[] {
    return [...this.contract.startsOn, OPERATOR_DECIDED].filter((type) => !wanted.includes(type));
  }
}

/** The step and why, for the person who has to decide. */
const told = ({ step, failure }: NotUndone): string =>
  failure instanceof Error ? `${step} (${reasonOf(failure)})` : step;

const calledOff = (event: WireEvent): Error => refused('called-off', `by ${event.eventType}`);
