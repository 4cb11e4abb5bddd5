import type { HostedResult } from '../../activities/recording/hosting.activities';
import type { CarriedHost } from './host-carry';
import { loadJourneys } from './host-loads';
import type { HostParts } from './host-parts';
import {
  deadlineOf,
  type HostedStep,
  mayBeRetold,
  noLongerParked,
  parking,
  retold,
  stepHeld,
  withoutDuplicates,
} from './hosted-step';
import type { AnyMachine, Named, Outcome, Staged } from './machine';
import { recordSteps } from './record-steps';
import { pendingEffects } from './recorded';
import type { CausedBy } from './recorder';
import type { Held } from './roster';

/** Stepped through in one turn. */
const EVENTS_PER_TURN = 2_000;
const DUE_PER_TURN = 500;

/** A newer chain of this host has spoken: all that this one knows of states may be old. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/** What a turn of a host does, journey by journey. */
export interface Turn<State, Effect> {
  readonly bySignals: readonly HostedStep<State, Effect>[];
  readonly byClock: readonly HostedStep<State, Effect>[];
  readonly toLoad: readonly string[];
  readonly events: number;
}

/** Steps the journeys of a host and keeps to what the store answers. */
export class HostJourneys<State extends Staged, Effect extends Named> {
  /** Answered `superseded`. A try of it may have been recorded before: then only its effects are missing. */
  private untold: HostedStep<State, Effect>[] = [];

  constructor(
    private readonly machine: AnyMachine<State, Effect>,
    private readonly parts: HostParts<State, Effect>,
  ) {}

  /** Of the run before. */
  takeUp({ machineVersion, standing, waiting }: CarriedHost<State, Effect>): void {
    for (const { ref, awaitsStartUntil } of waiting) {
      if (awaitsStartUntil === undefined) continue;
      this.parts.roster.hold(ref).awaitsStartUntil = awaitsStartUntil;
      this.parts.deadlines.set(ref.subject, awaitsStartUntil);
    }
    if (machineVersion !== this.machine.version) return; // the store has them too, and loading migrates
    for (const { ref, state, version, tracing } of [...standing].reverse()) {
      const held = this.parts.roster.hold(ref);
      held.standing = { state, version };
      held.tracing = tracing;
      this.setDeadline(held);
    }
  }

  /** What waits and what is due. No journey is in two of its lists. */
  nextTurn(nowMs: number): Turn<State, Effect> {
    const toLoad = new Set<string>();
    const bySignals: HostedStep<State, Effect>[] = [];
    const unparked: HostedStep<State, Effect>[] = [];
    let events = 0;
    for (const held of this.parts.roster.takeReady(EVENTS_PER_TURN)) {
      const need = this.parts.roster.need(held);
      if (need === 'load') toLoad.add(held.ref.subject);
      if (need === 'load' || need === 'await-start') continue;
      const batch = this.parts.roster.takeBatch(held);
      if (batch.length === 0) {
        // Signals cause nothing. If its deadline is due, it is taken with all that is.
        unparked.push(...noLongerParked(this.machine, held, nowMs));
        continue;
      }
      events += batch.length;
      const step = stepHeld(this.machine, held, batch, nowMs);
      if (step !== undefined) bySignals.push(step);
    }
    const busy = new Set(bySignals.map(({ held }) => held.ref.subject));
    const byClock = [...unparked, ...this.takeDue(nowMs, busy, toLoad)];
    return { bySignals, byClock, toLoad: [...toLoad], events };
  }

  /** Records, then acts. @throws Superseded */
  async record(steps: readonly HostedStep<State, Effect>[], causedBy: CausedBy): Promise<void> {
    if (await this.tell(steps, causedBy)) throw new Superseded('A newer chain speaks for the host');
  }

  get hasUntold(): boolean {
    return this.untold.length > 0;
  }

  /** Once the host is open again, and before it forgets its states. What is superseded once more stays untold. */
  async tellAgain(): Promise<void> {
    await this.tell(this.untold.splice(0).map(retold), 'clock-or-effect');
  }

  async load(subjects: readonly string[]): Promise<void> {
    await this.record(await loadJourneys(this.machine, this.parts, subjects), 'clock-or-effect');
  }

  /** Answers whether some of it was superseded. */
  private async tell(steps: readonly HostedStep<State, Effect>[], causedBy: CausedBy): Promise<boolean> {
    const causeOf = (step: HostedStep<State, Effect>) => (this.isFoundAgain(step) ? causedBy : 'clock-or-effect');
    let superseded = false;
    for (let rest = steps; rest.length > 0; ) {
      const answers = await recordSteps(this.parts.store, rest, causeOf);
      superseded ||= answers.some(({ results }) => [...results.values()].some(({ status }) => status === 'superseded'));
      rest = answers.flatMap(({ chunk, results }) => chunk.flatMap((step, at) => this.answered(step, results.get(at))));
    }
    return superseded;
  }

  private takeDue(nowMs: number, busy: ReadonlySet<string>, toLoad: Set<string>): HostedStep<State, Effect>[] {
    const { deadlines, roster } = this.parts;
    return deadlines.takeDue(nowMs, DUE_PER_TURN).flatMap((subject) => {
      const held = roster.get(subject);
      if (busy.has(subject) || toLoad.has(subject)) return []; // its next deadline is set when that is done
      if (held?.awaitsStartUntil !== undefined) {
        this.parts.settlings.addAll(held, 'early');
        return [];
      }
      if (held?.standing.state === undefined || held.mustLoad) {
        toLoad.add(subject);
        return [];
      }
      const step = stepHeld(this.machine, held, [], nowMs);
      if (step === undefined) this.setDeadline(held);
      return step ?? [];
    });
  }

  /**
   * Whether a redone task finds it again, if perhaps with more behind it, once signals have led to it. Not so a machine
   * that threw: it may be corrected by then. Nor what follows the first moves of a journey in the same task: those would be
   * told as new again, and be answered `known`, and the effects of all that follows would never be performed.
   */
  private isFoundAgain({ held, entry }: HostedStep<State, Effect>): boolean {
    return entry.kind === 'append' && held.bornIn !== this.parts.runtime.task();
  }

  /** Answers what has to be recorded instead. */
  private answered(
    step: HostedStep<State, Effect>,
    result: HostedResult | undefined,
  ): readonly HostedStep<State, Effect>[] {
    const { held, batch, rest } = step;
    const { runtime, settlings } = this.parts;
    switch (result?.status) {
      case undefined:
        return this.recorded(step);
      case 'duplicates':
        return this.again(step, withoutDuplicates(this.machine, step, result.eventIds, runtime.now()));
      case 'refused':
        return [parking(held, [...batch, ...rest], new Error(result.detail), runtime.now())];
      case 'superseded':
        if (!mayBeRetold(step)) return this.loadFirst(step);
        this.untold.push(step);
        return [];
      case 'known':
        return this.loadFirst(step);
      case 'foreign-chain':
        settlings.addAll(held, 'foreign', [...batch, ...rest]);
        return [];
      case 'conflict':
        throw new Error(`${held.ref.subject} is recorded otherwise: ${result.detail}`);
      default:
        return result satisfies never;
    }
  }

  private loadFirst({ held, batch, rest }: HostedStep<State, Effect>): readonly HostedStep<State, Effect>[] {
    held.front = [...batch, ...rest, ...held.front];
    held.mustLoad = true;
    this.parts.roster.wake(held);
    return [];
  }

  /** Answers what follows. */
  private recorded(step: HostedStep<State, Effect>): readonly HostedStep<State, Effect>[] {
    const { held, outcome, entry } = step;
    this.parts.deadlines.set(held.ref.subject, step.deadlineMs);
    if (entry.kind === 'park') return this.parked(step, entry.message);
    held.front = [...step.rest, ...held.front];
    if (outcome === undefined || entry.kind !== 'append') this.parts.roster.letGo(held);
    else this.moved(step, outcome);
    return [];
  }

  /** The store keeps all that waited for it when it was parked, or as much of it as could be parked at once. */
  private parked(
    { held, batch, rest, isInPart }: HostedStep<State, Effect>,
    reason: string,
  ): readonly HostedStep<State, Effect>[] {
    const { roster, runtime } = this.parts;
    const kept = new Set(batch.map(({ eventId }) => eventId));
    held.front = held.front.filter(({ eventId }) => !kept.has(eventId));
    held.inbox.drop(kept);
    held.parked = undefined; // it is loaded again when it is tried again
    if (isInPart === true) return [parking(held, rest, reason, runtime.now())];
    runtime.warn('machine of a journey failed; it is parked', { subject: held.ref.subject, reason });
    roster.letGo(held);
    return [];
  }

  private moved({ held, tracing, left }: HostedStep<State, Effect>, outcome: Outcome<State, Effect>): void {
    const { effects, roster, stages, settlings, runtime } = this.parts;
    if (held.standing.state === undefined) held.bornIn = runtime.task();
    stages.moved(held.standing.state?.at, outcome.ended ? undefined : outcome.standing.state?.at);
    held.standing = outcome.standing;
    held.tracing = tracing;
    held.awaitsStartUntil = undefined;
    effects.start(pendingEffects(held.ref, tracing, outcome));
    if (held.parked?.more === true) held.mustLoad = true;
    else if (held.front.length === 0) held.parked = undefined;
    if (held.mustLoad || held.front.length > 0) roster.wake(held);
    if (!outcome.ended) return;
    settlings.add(held, 'closed', [...left, ...held.front]);
    held.front = [];
    roster.letGo(held);
  }

  /** Nothing was new to the store: what was taken with it has its turn next. */
  private again(
    { held, rest }: HostedStep<State, Effect>,
    step: HostedStep<State, Effect> | undefined,
  ): readonly HostedStep<State, Effect>[] {
    if (step !== undefined) return [step];
    this.setDeadline(held);
    held.front = [...rest, ...held.front];
    if (held.front.length > 0) this.parts.roster.wake(held);
    return [];
  }

  private setDeadline(held: Held<State>): void {
    const { deadlines, runtime } = this.parts;
    deadlines.set(held.ref.subject, deadlineOf(this.machine, held, runtime.now()));
  }
}
