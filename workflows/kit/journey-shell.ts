import type { Envelope } from '@millrace/events';
import { condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import { Alarm } from './alarm';
import { Effects, type Pending } from './effects';
import { type CarriedInbox, Inbox } from './inbox';
import type { Journey } from './journey';
import { type Machine, type Outcome, type Standing, stepOnce, stepThrough } from './machine';
import { deadlineMs, pendingEffects, standingAfter, type Tracing } from './recorded';
import type { CausedBy } from './recorder';
import { Subject } from './subject';
import type { WireEvent, WorkflowInput } from './wire';

/** About 800 ids. What the inbox forgot, the store still knows. */
const RECENT_BYTES = 32 * 1024;
/** Events stepped through and recorded at once. */
const MAX_BATCH = 256;
/**
 * Above this, events are taken before the run continues as new: they travel in its input, and the server terminates a
 * workflow that continues with more than 2 MiB.
 */
const MAX_CARRIED = { events: 200, characters: 256 * 1024 };
/**
 * Rarely: a run cannot continue while an event has just come, and then holds up its sender. Slow journeys continue when
 * the server suggests it; this is for hosts of many events per call, long before the limit of 10,000 signals a run.
 */
const CONTINUE_AFTER_EVENTS = 5_000;

/** What continue-as-new takes along. */
interface Carried<State, Effect, Policy> {
  readonly state: State;
  readonly machineVersion: number;
  readonly version: number;
  readonly policy: Policy;
  readonly inbox: CarriedInbox;
  readonly effects: readonly Pending<Effect>[];
  readonly tracing: Tracing;
}

export class JourneyShell<
  State extends { readonly at: string },
  Start extends Envelope,
  Input extends Envelope,
  Effect extends { readonly name: string },
  Policy,
> {
  private readonly carried: Carried<State, Effect, Policy> | undefined;
  private readonly inbox: Inbox;
  private readonly subject: Subject;
  private readonly effects: Effects<Effect>;
  private readonly alarm = new Alarm(() => {
    this.rang = true;
  });
  /** Perhaps early: a deadline that moves back keeps the timer that runs. */
  private rang = false;
  private standing: Standing<State> = { state: undefined, version: 0 };
  /** Taken and not yet recorded. */
  private batch: readonly WireEvent[] = [];
  private taken = 0;
  private cancel: 'no' | 'asked' | 'answered' = 'no';

  constructor(
    private readonly journey: Journey<State, Start, Input, Effect, Policy>,
    private readonly input: WorkflowInput,
  ) {
    const carried = input.carried as Carried<State, Effect, Policy> | undefined;
    this.carried = carried;
    this.inbox = new Inbox({ maxBytes: RECENT_BYTES }, carried?.inbox);
    this.subject = new Subject(input, this.inbox, carried && { version: carried.version, stage: carried.state.at });
    this.effects = new Effects((effect, context) => journey.perform(effect, context));
  }

  requestCancel(): void {
    if (this.cancel === 'no') this.cancel = 'asked';
  }

  async run(): Promise<string> {
    const policy = this.carried?.policy ?? (await this.journey.policy());
    const machine = this.journey.machine(policy);
    this.takeOver(machine);
    for (;;) {
      await this.somethingToDo(machine);
      const ended = await this.turn(machine);
      if (ended) return this.leaveClosed(machine);
      if (this.shouldContinue()) return continueAsNew(this.nextRun(machine, policy));
    }
  }

  /** For the second chain of a subject: writes off what it got. */
  async leave(): Promise<'foreign'> {
    await this.subject.settleForeign(this.batch);
    return 'foreign';
  }

  private takeOver(machine: Machine<State, Start, Input, Effect>): void {
    if (this.carried === undefined) return;
    const { state, machineVersion, version, effects, tracing } = this.carried;
    const current = machineVersion === machine.version ? state : machine.migrate(state, machineVersion);
    this.standing = { state: current, version };
    this.subject.tracing = tracing;
    this.effects.start(effects);
  }

  private async somethingToDo(machine: Machine<State, Start, Input, Effect>): Promise<void> {
    const deadline = deadlineMs(machine, this.standing.state);
    if (this.ready() || deadline <= Date.now()) return;
    if (this.input.shell === undefined) return this.waitAsVersion1(deadline);
    this.rang = false;
    this.alarm.set(deadline);
    await condition(() => this.ready() || this.rang);
  }

  /** A timer for every wait. For journeys begun before version 2: delete it when none of them is open any more. */
  private async waitAsVersion1(deadline: number): Promise<void> {
    if (deadline === Number.POSITIVE_INFINITY) await condition(() => this.ready());
    else await condition(() => this.ready(), deadline - Date.now());
  }

  private ready(): boolean {
    if (this.standing.state === undefined) return this.inbox.has(this.journey.contract.startsOn);
    return this.inbox.size > 0 || this.cancel === 'asked';
  }

  /** Events first, in the order of their signals; then a cancellation; then the deadline. Answers whether the journey ended. */
  private turn(machine: Machine<State, Start, Input, Effect>): Promise<boolean> {
    const { state, version } = this.standing;
    if (state === undefined || this.inbox.size > 0) return this.takeEvents(machine);
    const standing = { state, version };
    if (this.cancel === 'asked') {
      this.cancel = 'answered';
      return this.apply(machine, stepOnce(machine, standing, { eventType: 'CancelRequested' }), 'clock-or-effect');
    }
    const at = machine.deadline(state);
    if (at === 'none' || deadlineMs(machine, this.standing.state) > Date.now()) return Promise.resolve(false);
    const outcome = stepOnce(machine, standing, { eventType: 'DeadlineReached', at });
    if (outcome.transitions.length === 0) throw new Error(`${machine.name} stays in ${state.at} after its deadline`);
    return this.apply(machine, outcome, 'clock-or-effect');
  }

  private async takeEvents(machine: Machine<State, Start, Input, Effect>): Promise<boolean> {
    this.batch = this.nextBatch();
    this.taken += this.batch.length;
    this.subject.follow(this.batch);
    const ended = await this.apply(machine, stepThrough(machine, this.standing, this.batch), 'signals');
    this.batch = [];
    return ended;
  }

  /** The starting event goes first: what came before it waits for it. */
  private nextBatch(): WireEvent[] {
    if (this.standing.state !== undefined) return this.inbox.take(MAX_BATCH);
    const start = this.inbox.takeFirst(this.journey.contract.startsOn);
    return start === undefined ? [] : [start, ...this.inbox.take(MAX_BATCH - 1)];
  }

  /** Records, then acts. Events that the subject took before are left out, and the machine steps again without them. */
  private async apply(
    machine: Machine<State, Start, Input, Effect>,
    outcome: Outcome<State, Effect>,
    causedBy: CausedBy,
  ): Promise<boolean> {
    const { transitions, consumed, ended, left } = outcome;
    if (transitions.length === 0 && consumed.length === 0) return false;
    const append = { transitions, consumed, late: [], after: standingAfter(machine, outcome.standing.state, ended) };
    const { duplicates } = ended
      ? await this.subject.close(append, causedBy, left)
      : await this.subject.append(append, causedBy);
    if (duplicates.length > 0) {
      this.batch = this.batch.filter(({ eventId }) => !duplicates.includes(eventId));
      return this.apply(machine, stepThrough(machine, this.standing, this.batch), causedBy);
    }
    this.standing = outcome.standing;
    this.effects.start(pendingEffects(this.subject.ref, this.subject.tracing, outcome));
    return ended;
  }

  /** Closed, the journey stays until its effects are done; what comes meanwhile is late. */
  private async leaveClosed(machine: Machine<State, Start, Input, Effect>): Promise<string> {
    const closed = standingAfter(machine, this.standing.state, true);
    while (this.effects.size > 0 || this.inbox.size > 0) {
      await this.subject.drain(closed);
      await this.effects.done(() => this.inbox.size > 0);
    }
    return closed.stage;
  }

  private shouldContinue(): boolean {
    const limit = this.journey.continueAfterEvents ?? CONTINUE_AFTER_EVENTS;
    const isTime = this.taken >= limit || workflowInfo().continueAsNewSuggested;
    return isTime && this.cancel !== 'asked' && this.inbox.waitsWithin(MAX_CARRIED);
  }

  private nextRun(machine: Machine<State, Start, Input, Effect>, policy: Policy): WorkflowInput {
    const { state, version } = this.standing;
    if (state === undefined) throw new Error('A journey that has not begun cannot continue');
    const carried: Carried<State, Effect, Policy> = {
      state,
      machineVersion: machine.version,
      version,
      policy,
      inbox: this.inbox.carry(),
      effects: this.effects.carry(),
      tracing: this.subject.tracing,
    };
    return { ...this.input, carried };
  }
}
