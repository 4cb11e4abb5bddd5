import type { Envelope } from '@millrace/events';
import { Deadlines } from './deadlines';
import { DUE_SPANS, type DueSpans, DueWindow } from './due-window';
import { CARRY_LIMITS, type CarriedHost, type CarryLimits, standingToCarry, waitingToCarry } from './host-carry';
import { detailsOf } from './host-details';
import { HostEffects } from './host-effects';
import { HostJourneys, Superseded } from './host-journeys';
import type { HostRuntime } from './host-runtime';
import { HostSettlings } from './host-settlings';
import type { HostStore } from './host-store';
import type { Journey } from './journey';
import { Roster } from './roster';
import { RunEnd } from './run-end';
import { StageCounts } from './stage-counts';
import { StoredEffects } from './stored-effects';
import type { HostInput, HostStatus, LaneBatch, SubjectStatus } from './wire';

/** Journeys in memory; the others wait in the store. */
const MOST_HELD = 4_000;
const CONTINUE_AFTER_EVENTS = 20_000;

export interface HostLimits {
  readonly carry: CarryLimits;
  readonly due: DueSpans;
}

const HOST_LIMITS: HostLimits = { carry: CARRY_LIMITS, due: DUE_SPANS };

/** Whatever is outside a host. */
export interface HostPorts<Effect> {
  readonly runtime: HostRuntime;
  readonly store: HostStore<Effect>;
  readonly limits?: HostLimits | undefined;
}

/**
 * Runs many journeys of one kind: takes what waits and what is due, steps each, records all that was caused at once,
 * then acts. What is not in its memory is in the store.
 */
export class HostShell<
  State extends { readonly at: string },
  Start extends Envelope,
  Input extends Envelope,
  Effect extends { readonly name: string },
  Policy,
> {
  private readonly carried: CarriedHost<State, Effect> | undefined;
  private readonly roster: Roster<State>;
  private readonly deadlines = new Deadlines();
  private readonly stages = new StageCounts();
  private readonly runtime: HostRuntime;
  private readonly store: HostStore<Effect>;
  private readonly limits: HostLimits;
  private readonly settlings: HostSettlings<State>;
  private readonly window: DueWindow;
  private readonly effects: HostEffects<Effect>;
  private readonly stored: StoredEffects<Effect>;
  private readonly runEnd: RunEnd;
  private rang = false;
  private readonly alarm: ReturnType<HostRuntime['alarm']>;
  private taken = 0;

  /** Takes in what was carried: call it, and set the handlers, before the first await. */
  constructor(
    private readonly journey: Journey<State, Start, Input, Effect, Policy>,
    private readonly input: HostInput,
    { runtime, store, limits = HOST_LIMITS }: HostPorts<Effect>,
  ) {
    this.runtime = runtime;
    this.store = store;
    this.limits = limits;
    this.alarm = runtime.alarm(() => {
      this.rang = true;
    });
    this.runEnd = new RunEnd(() => this.isTimeToContinue(), runtime.now);
    this.carried = input.carried as CarriedHost<State, Effect> | undefined;
    this.roster = new Roster(journey.contract.startsOn);
    this.roster.receive(this.carried?.waiting ?? []);
    this.settlings = new HostSettlings({ roster: this.roster, deadlines: this.deadlines, store });
    const isHeld = (subject: string) => this.roster.get(subject) !== undefined;
    this.window = new DueWindow(this.deadlines, store.due, isHeld, limits.due);
    this.effects = new HostEffects((effect, context) => journey.perform(effect, context), runtime);
    this.stored = new StoredEffects(this.effects, store, this.carried?.effectsInStore ?? true);
  }

  receive(batches: readonly LaneBatch[]): void {
    this.runEnd.received();
    this.roster.receive(batches);
  }

  /** Resolves with how many events wait; not while the run has to continue as new: the next one is asked. */
  async barrier(): Promise<number> {
    await this.runEnd.hold(this.runtime.until);
    return this.roster.waiting;
  }

  async run(): Promise<never> {
    const machine = this.journey.machine(await this.journey.policy());
    const { roster, deadlines, stages, effects, settlings, store, runtime, input } = this;
    const parts = { host: input.host, roster, deadlines, stages, effects, settlings, store, runtime };
    const journeys = new HostJourneys(machine, parts);
    if (this.carried !== undefined) {
      effects.start(this.carried.effects);
      journeys.takeUp(this.carried);
    }
    await this.open();
    for (;;) {
      await this.somethingToDo();
      await this.turnOrReopen(journeys);
      runtime.details(detailsOf(this.status()));
      if (this.runEnd.mayBe()) await this.continueIfPossible(machine.version);
    }
  }

  status(): HostStatus {
    return {
      host: this.input.host,
      stages: this.stages.all(),
      held: this.roster.size,
      waiting: this.roster.waiting,
      effects: this.effects.size,
      next: instant(this.deadlines.next()),
    };
  }

  /** Null: it is not in memory; the store knows it. */
  statusOf(subject: string): SubjectStatus | null {
    const held = this.roster.get(subject);
    if (held === undefined) return null;
    const { standing, inbox, front } = held;
    return {
      subject,
      stage: standing.state?.at ?? null,
      version: standing.version,
      deadline: instant(this.deadlines.get(subject) ?? Number.POSITIVE_INFINITY),
      waiting: front.length + inbox.size,
    };
  }

  private async open(): Promise<void> {
    const { stages } = await this.store.open();
    this.stages.reset(stages);
  }

  private async somethingToDo(): Promise<void> {
    this.rang = false;
    const wakeMs = this.wakeMs();
    const ready = () => this.roster.hasReady || this.stored.mayTakeBack || this.runEnd.mayBe();
    if (ready() || wakeMs <= this.runtime.now()) return;
    if (Number.isFinite(wakeMs)) this.alarm.set(wakeMs);
    await this.runtime.until(() => ready() || this.rang);
  }

  private wakeMs(): number {
    return Math.min(this.deadlines.next(), this.window.nextMs, this.runEnd.wakeMs);
  }

  private async turnOrReopen(journeys: HostJourneys<State, Effect>): Promise<void> {
    try {
      await this.turn(journeys);
    } catch (error) {
      if (!(error instanceof Superseded)) throw error;
      await this.reopen(journeys);
    }
  }

  /** What was told to nobody is told again first; opening once more counts it. */
  private async reopen(journeys: HostJourneys<State, Effect>): Promise<void> {
    for (await this.open(); journeys.hasUntold; await this.open()) await journeys.tellAgain();
    await this.settlings.settle();
    this.roster.forgetStates();
    this.window.readAgain();
  }

  /** All of a turn happens at the same time. */
  private async turn(journeys: HostJourneys<State, Effect>): Promise<void> {
    const nowMs = this.runtime.now();
    const { bySignals, byClock, toLoad, events } = journeys.nextTurn(nowMs);
    this.taken += events;
    const done = await Promise.allSettled([
      journeys.record(bySignals, 'signals'),
      journeys.record(byClock, 'clock-or-effect'),
      journeys.load(toLoad),
      this.window.nextMs <= nowMs ? this.window.read(nowMs) : undefined,
      this.stored.mayTakeBack ? this.stored.takeBack() : undefined,
    ]);
    await this.settlings.settle(); // whatever failed: what is to be settled is nowhere but here
    throwFirst(done.flatMap((part) => (part.status === 'rejected' ? [part.reason] : [])));
    for (const { ref } of this.roster.putAway(this.journey.mostHeld ?? MOST_HELD)) this.forgetDeadline(ref.subject);
  }

  /** The store tells it again when its time has come near. */
  private forgetDeadline(subject: string): void {
    const atMs = this.deadlines.get(subject);
    if (atMs !== undefined && !this.window.covers(atMs)) this.deadlines.set(subject, Number.POSITIVE_INFINITY);
  }

  private isTimeToContinue(): boolean {
    const { continueAfterEvents = CONTINUE_AFTER_EVENTS } = this.journey;
    return this.taken >= continueAfterEvents || this.runtime.suggestsContinue();
  }

  /**
   * Not before what is ready was stepped: a lost task may have recorded it here, before the end had come; the next run
   * would find duplicates, and nobody perform the effects. With no await between the last look at what waits and the end.
   */
  private async continueIfPossible(machineVersion: number): Promise<void> {
    if (this.roster.hasReady) return;
    const { carry } = this.limits;
    if (waitingToCarry(this.roster, carry) === undefined) {
      this.settlings.giveUpStarts();
      await this.settlings.settle();
    }
    await this.stored.putAwayRest(carry);
    const waiting = waitingToCarry(this.roster, carry);
    if (waiting === undefined) return;
    const carried: CarriedHost<State, Effect> = {
      waiting,
      standing: standingToCarry(this.roster, carry),
      machineVersion,
      effects: this.stored.toCarry(carry),
      effectsInStore: this.stored.some,
    };
    await this.runtime.continueAsNew({ ...this.input, carried });
  }
}

/** A conflict goes before a chain that is not the newest any more: it waits for a person. */
function throwFirst(errors: readonly unknown[]): void {
  const [error] = [...errors.filter((each) => !(each instanceof Superseded)), ...errors];
  if (error !== undefined) throw error;
}

const instant = (ms: number): string | null => (Number.isFinite(ms) ? new Date(ms).toISOString() : null);
