import type { Envelope } from '@millrace/events';
import { condition, continueAsNew, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { Alarm } from './alarm';
import { Deadlines } from './deadlines';
import { DueWindow } from './due-window';
import { type CarriedHost, effectsToCarry, standingToCarry, waitingToCarry } from './host-carry';
import { HostEffects } from './host-effects';
import { HostJourneys, Superseded } from './host-journeys';
import { type HostStore, hostStore } from './host-store';
import type { Journey } from './journey';
import { Roster } from './roster';
import { StageCounts } from './stage-counts';
import { EFFECTS_TAKEN_BACK, StoredEffects } from './stored-effects';
import type { HostInput, HostStatus, LaneBatch, SubjectStatus } from './wire';

/** Journeys in memory; the others wait in the store. */
const MOST_HELD = 4_000;
const CONTINUE_AFTER_EVENTS = 20_000;

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
  private readonly store: HostStore<Effect>;
  private readonly window: DueWindow;
  private readonly effects: HostEffects<Effect>;
  private readonly stored: StoredEffects<Effect>;
  private rang = false;
  private readonly alarm = new Alarm(() => {
    this.rang = true;
  });
  private taken = 0;

  /** Takes in what was carried: call it, and set the handlers, before the first await. */
  constructor(
    private readonly journey: Journey<State, Start, Input, Effect, Policy>,
    private readonly input: HostInput,
  ) {
    this.carried = input.carried as CarriedHost<State, Effect> | undefined;
    this.roster = new Roster(journey.contract.startsOn);
    this.roster.receive(this.carried?.waiting ?? []);
    this.store = hostStore(input, journey.contract.late === 'ignore');
    this.window = new DueWindow(this.deadlines, this.store.due, (subject) => this.roster.get(subject) !== undefined);
    this.effects = new HostEffects((effect, context) => journey.perform(effect, context));
    this.stored = new StoredEffects(this.carried?.effectsInStore ?? true);
  }

  receive(batches: readonly LaneBatch[]): void {
    this.roster.receive(batches);
  }

  /**
   * Resolves with how many events wait. Not while the run has to continue as new: those who send would go on, and it
   * could not; the run that ends gives up the answer, and the next one is asked.
   */
  async barrier(): Promise<number> {
    await condition(() => !this.isTimeToContinue());
    return this.roster.waiting;
  }

  async run(): Promise<never> {
    const machine = this.journey.machine(await this.journey.policy());
    const { roster, deadlines, stages, effects, store } = this;
    const journeys = new HostJourneys(machine, { host: this.input.host, roster, deadlines, stages, effects, store });
    if (this.carried !== undefined) {
      effects.start(this.carried.effects);
      journeys.takeUp(this.carried);
    }
    await this.open();
    for (;;) {
      await this.somethingToDo();
      await this.turnOrReopen(journeys);
      setCurrentDetails(this.details());
      if (this.isTimeToContinue()) await this.continueIfPossible(journeys, machine.version);
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
    const ready = () => this.roster.hasReady || this.mayTakeBack() || this.isTimeToContinue();
    if (ready() || wakeMs <= Date.now()) return;
    if (Number.isFinite(wakeMs)) this.alarm.set(wakeMs);
    await condition(() => ready() || this.rang);
  }

  private wakeMs(): number {
    return Math.min(this.deadlines.next(), this.window.nextMs);
  }

  private mayTakeBack(): boolean {
    return this.stored.mayTakeBack(this.effects.size);
  }

  private async turnOrReopen(journeys: HostJourneys<State, Start, Input, Effect>): Promise<void> {
    try {
      await this.turn(journeys);
    } catch (error) {
      if (!(error instanceof Superseded)) throw error;
      await this.open();
      this.roster.forgetStates();
      this.window.readAgain();
    }
  }

  /** All of a turn happens at the same time. */
  private async turn(journeys: HostJourneys<State, Start, Input, Effect>): Promise<void> {
    const nowMs = Date.now();
    const { bySignals, byClock, toLoad, events } = journeys.nextTurn(nowMs);
    this.taken += events;
    const done = await Promise.allSettled([
      journeys.record(bySignals, 'signals'),
      journeys.record(byClock, 'clock-or-effect'),
      journeys.load(toLoad),
      this.window.nextMs <= nowMs ? this.window.read(nowMs) : undefined,
      this.mayTakeBack() ? this.takeBackEffects() : undefined,
    ]);
    throwFirst(done.flatMap((part) => (part.status === 'rejected' ? [part.reason] : [])));
    await journeys.settle();
    for (const { ref } of this.roster.putAway(this.journey.mostHeld ?? MOST_HELD)) this.forgetDeadline(ref.subject);
  }

  /** The store tells it again when its time has come near. */
  private forgetDeadline(subject: string): void {
    const atMs = this.deadlines.get(subject);
    if (atMs !== undefined && !this.window.covers(atMs)) this.deadlines.set(subject, Number.POSITIVE_INFINITY);
  }

  private async takeBackEffects(): Promise<void> {
    const found = await this.store.effects(EFFECTS_TAKEN_BACK);
    this.effects.start(found);
    this.stored.takenBack(found);
    if (found.length > 0) await this.store.forgetEffects(found);
  }

  private isTimeToContinue(): boolean {
    const limit = this.journey.continueAfterEvents ?? CONTINUE_AFTER_EVENTS;
    return this.taken >= limit || workflowInfo().continueAsNewSuggested;
  }

  /** With no await between the last look at what waits and the end of the run. */
  private async continueIfPossible(
    journeys: HostJourneys<State, Start, Input, Effect>,
    machineVersion: number,
  ): Promise<void> {
    if (waitingToCarry(this.roster) === undefined && !this.roster.hasReady) {
      journeys.giveUpStarts();
      await journeys.settle();
    }
    const effects = effectsToCarry(this.effectsToKeep());
    const beyond = this.effectsToKeep().slice(effects.length);
    if (beyond.length > 0) {
      await this.store.putAwayEffects(beyond);
      this.stored.put(beyond);
    }
    const waiting = waitingToCarry(this.roster);
    if (waiting === undefined) return;
    const carried: CarriedHost<State, Effect> = {
      waiting,
      standing: standingToCarry(this.roster),
      machineVersion,
      effects: effectsToCarry(this.effectsToKeep()),
      effectsInStore: this.stored.some,
    };
    await continueAsNew({ ...this.input, carried });
  }

  private effectsToKeep() {
    return this.stored.without(this.effects.undone());
  }

  /** For people, in the Web UI. */
  private details(): string {
    const stages = Object.entries(this.stages.all()).map(([stage, journeys]) => `- ${stage}: ${journeys}`);
    const { held, waiting, effects, next } = this.status();
    return [
      `**Open journeys by stage**`,
      ...(stages.length > 0 ? stages : ['- none']),
      '',
      `In memory: ${held}. Events waiting: ${waiting}. Effects under way: ${effects}. Next deadline: ${next ?? 'none near'}.`,
    ].join('\n');
  }
}

/** A conflict goes before a chain that is not the newest any more: it waits for a person. */
function throwFirst(errors: readonly unknown[]): void {
  const [error] = [...errors.filter((each) => !(each instanceof Superseded)), ...errors];
  if (error !== undefined) throw error;
}

const instant = (ms: number): string | null => (Number.isFinite(ms) ? new Date(ms).toISOString() : null);
