import type { Envelope } from '@millrace/events';
import { log } from '@temporalio/workflow';
import type { HostedResult, LoadedSubject, Settling } from '../../activities/recording/hosting.activities';
import { chunksOf } from './chunks';
import type { Deadlines } from './deadlines';
import type { CarriedHost } from './host-carry';
import type { HostEffects } from './host-effects';
import type { HostStore } from './host-store';
import { type HostedStep, parking, stepHeld } from './hosted-step';
import type { Machine } from './machine';
import { deadlineMs, pendingEffects } from './recorded';
import type { CausedBy } from './recorder';
import type { Held, Roster } from './roster';
import type { StageCounts } from './stage-counts';
import type { WireEvent } from './wire';

/** Stepped through in one turn. */
const EVENTS_PER_TURN = 2_000;
const DUE_PER_TURN = 500;
/** What one activity's input may hold: the client warns at 512 KiB. */
const RECORDED_AT_ONCE = { items: 400, characters: 256 * 1024 };
const LOADED_AT_ONCE = { items: 200, characters: 256 * 1024 };
/** An event that cannot start a journey waits so long for one that does: it was placed, so it is on its way. */
const START_AWAITED_MS = 60_000;

/** A newer chain of this host has spoken: all that this one knows of states may be old. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

export interface HostParts<State, Effect> {
  readonly host: string;
  readonly roster: Roster<State>;
  readonly deadlines: Deadlines;
  readonly stages: StageCounts;
  readonly effects: HostEffects<Effect>;
  readonly store: HostStore<Effect>;
}

/** What a turn of a host does, journey by journey. */
export interface Turn<State, Effect> {
  readonly bySignals: readonly HostedStep<State, Effect>[];
  readonly byClock: readonly HostedStep<State, Effect>[];
  readonly toLoad: readonly string[];
  readonly events: number;
}

/** Steps the journeys of a host and keeps to what the store answers. */
export class HostJourneys<
  State extends { readonly at: string },
  Start extends Envelope,
  Input extends Envelope,
  Effect extends { readonly name: string },
> {
  private settlings: Settling[] = [];

  constructor(
    private readonly machine: Machine<State, Start, Input, Effect>,
    private readonly parts: HostParts<State, Effect>,
  ) {}

  /** Of the run before. */
  takeUp({ machineVersion, standing }: CarriedHost<State, Effect>): void {
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
    let events = 0;
    for (const held of this.parts.roster.takeReady(EVENTS_PER_TURN)) {
      const need = this.parts.roster.need(held);
      if (need === 'load') toLoad.add(held.ref.subject);
      if (need === 'load' || need === 'await-start') continue;
      const batch = this.parts.roster.takeBatch(held);
      events += batch.length;
      const step = stepHeld(this.machine, held, batch, nowMs);
      if (step !== undefined) bySignals.push(step);
    }
    const busy = new Set(bySignals.map(({ held }) => held.ref.subject));
    const byClock = this.takeDue(nowMs, busy, toLoad);
    return { bySignals, byClock, toLoad: [...toLoad], events };
  }

  /** Records, then acts. @throws Superseded */
  async record(steps: readonly HostedStep<State, Effect>[], causedBy: CausedBy): Promise<void> {
    let superseded = false;
    for (let rest = steps; rest.length > 0; ) {
      const chunks = chunksOf(rest, RECORDED_AT_ONCE, ({ entry }) => entry);
      const answers = await Promise.all(
        chunks.map(async (chunk) => ({ chunk, results: await this.recordChunk(chunk, causedBy) })),
      );
      superseded ||= answers.some(({ results }) => [...results.values()].some(({ status }) => status === 'superseded'));
      rest = answers.flatMap(({ chunk, results }) => chunk.flatMap((step, at) => this.answered(step, results.get(at))));
    }
    if (superseded) throw new Superseded('A newer chain speaks for the host');
  }

  async load(subjects: readonly string[]): Promise<void> {
    const chunks = chunksOf(subjects, LOADED_AT_ONCE);
    const loaded = (await Promise.all(chunks.map((chunk) => this.parts.store.load(chunk)))).flat();
    await this.record(
      loaded.flatMap((each) => this.loaded(each)),
      'clock-or-effect',
    );
  }

  /** Hands over to the store what came for journeys that this host does not run. */
  async settle(): Promise<void> {
    const settlings = this.settlings.filter(({ events }) => events.length > 0);
    this.settlings = [];
    for (const chunk of chunksOf(settlings, LOADED_AT_ONCE)) await this.parts.store.settle(chunk);
  }

  /** Of journeys that never started: their events wait in the store from now on. */
  giveUpStarts(): void {
    for (const held of this.parts.roster.withEvents()) {
      if (held.awaitsStartUntil !== undefined) this.settleAll(held, 'early', []);
    }
  }

  private takeDue(nowMs: number, busy: ReadonlySet<string>, toLoad: Set<string>): HostedStep<State, Effect>[] {
    const { deadlines, roster } = this.parts;
    return deadlines.takeDue(nowMs, DUE_PER_TURN).flatMap((subject) => {
      const held = roster.get(subject);
      if (busy.has(subject)) return []; // its next deadline is set when its events are recorded
      if (held?.awaitsStartUntil !== undefined) {
        this.settleAll(held, 'early', []);
        return [];
      }
      if (held?.standing.state === undefined) {
        toLoad.add(subject);
        return [];
      }
      const step = stepHeld(this.machine, held, [], nowMs);
      if (step === undefined) this.setDeadline(held);
      return step ?? [];
    });
  }

  private recordChunk(
    chunk: readonly HostedStep<State, Effect>[],
    causedBy: CausedBy,
  ): Promise<ReadonlyMap<number, HostedResult>> {
    return this.parts.store.record(
      chunk.map(({ entry }) => entry),
      causedBy,
    );
  }

  /** Answers what has to be recorded instead. */
  private answered(
    step: HostedStep<State, Effect>,
    result: HostedResult | undefined,
  ): readonly HostedStep<State, Effect>[] {
    const { held, batch } = step;
    switch (result?.status) {
      case undefined:
        this.recorded(step);
        return [];
      case 'duplicates':
        return this.withoutDuplicates(step, result.eventIds);
      case 'refused':
        return [parking(held, batch, new Error(result.detail), Date.now())];
      case 'known':
      case 'superseded':
        held.front = [...batch, ...held.front];
        held.mustLoad = true;
        this.parts.roster.wake(held);
        return [];
      case 'foreign-chain':
        this.settleAll(held, 'foreign', batch);
        return [];
      case 'conflict':
        throw new Error(`${held.ref.subject} is recorded otherwise: ${result.detail}`);
      default:
        return result satisfies never;
    }
  }

  private recorded({ held, outcome, tracing, left, entry, deadlineMs: nextMs }: HostedStep<State, Effect>): void {
    const { deadlines, effects, roster, stages } = this.parts;
    deadlines.set(held.ref.subject, nextMs);
    if (entry.kind === 'park') {
      log.warn('machine of a journey failed; it is parked', { subject: held.ref.subject, reason: entry.message });
    }
    if (outcome === undefined || entry.kind !== 'append') {
      roster.letGo(held);
      return;
    }
    stages.moved(held.standing.state?.at, outcome.ended ? undefined : outcome.standing.state?.at);
    held.standing = outcome.standing;
    held.tracing = tracing;
    held.awaitsStartUntil = undefined;
    effects.start(pendingEffects(held.ref, tracing, outcome));
    if (held.parked?.more === true) held.mustLoad = true;
    if (held.front.length === 0) held.parked = undefined;
    if (held.mustLoad || held.front.length > 0) roster.wake(held);
    if (!outcome.ended) return;
    this.settlings.push({ why: 'closed', ref: held.ref, events: [...left, ...held.front] });
    held.front = [];
    roster.letGo(held);
  }

  /** The journey took these before: it steps again without them. */
  private withoutDuplicates(
    { held, batch, entry }: HostedStep<State, Effect>,
    duplicates: readonly string[],
  ): readonly HostedStep<State, Effect>[] {
    const rest = batch.filter(({ eventId }) => !duplicates.includes(eventId));
    const unpark = entry.kind === 'append' ? (entry.unpark ?? []) : [];
    const again = rest.length > 0 ? stepHeld(this.machine, held, rest, Date.now()) : undefined;
    if (again?.entry.kind === 'append') return [{ ...again, entry: { ...again.entry, unpark } }];
    if (again !== undefined) return [again];
    this.setDeadline(held);
    if (unpark.length === 0) return [];
    const forget = { kind: 'unpark', subject: held.ref.subject, eventIds: unpark } as const;
    const { tracing } = held;
    return [{ held, batch: [], entry: forget, tracing, left: [], deadlineMs: this.deadlineOf(held) }];
  }

  /** Answers what has to be recorded of it. */
  private loaded({ subject, stream, parked }: LoadedSubject): readonly HostedStep<State, Effect>[] {
    const { host, roster, deadlines } = this.parts;
    const known = stream ?? parked;
    const held = roster.get(subject) ?? (known && roster.hold({ subject, tenantId: known.tenantId, key: known.key }));
    if (held === undefined) return [];
    held.mustLoad = false;
    if (parked !== undefined) takeParked(held, parked);
    if (stream === undefined) {
      held.awaitsStartUntil = Date.now() + START_AWAITED_MS;
      deadlines.set(subject, held.awaitsStartUntil);
      roster.wake(held);
      return [];
    }
    if (stream.chain === host && stream.status === 'open') return this.stands(held, stream);
    this.settleAll(held, stream.chain === host ? 'closed' : 'foreign', []);
    return [];
  }

  /** A state that cannot be read parks its journey, like a step that throws. */
  private stands(
    held: Held<State>,
    { version, state, machineVersion, correlationId }: NonNullable<LoadedSubject['stream']>,
  ): readonly HostedStep<State, Effect>[] {
    try {
      const written = state as unknown as State; // by this machine, or by an older version of it
      const current = machineVersion === this.machine.version ? written : this.machine.migrate(state, machineVersion);
      this.parts.deadlines.set(held.ref.subject, deadlineMs(this.machine, current));
      held.standing = { state: current, version };
      held.tracing = { correlationId };
      held.awaitsStartUntil = undefined;
      this.parts.roster.wake(held);
      return [];
    } catch (error) {
      return [parking(held, [], error, Date.now())];
    }
  }

  private settleAll(held: Held<State>, why: Settling['why'], batch: readonly WireEvent[]): void {
    const { deadlines, roster } = this.parts;
    this.settlings.push({ why, ref: held.ref, events: [...batch, ...held.front, ...held.inbox.take()] });
    held.front = [];
    deadlines.set(held.ref.subject, Number.POSITIVE_INFINITY);
    roster.letGo(held);
  }

  private setDeadline(held: Held<State>): void {
    this.parts.deadlines.set(held.ref.subject, this.deadlineOf(held));
  }

  /** One that cannot be told is due: then the step that asks for it again parks the journey. */
  private deadlineOf({ standing }: Held<State>): number {
    try {
      return deadlineMs(this.machine, standing.state);
    } catch {
      return Date.now();
    }
  }
}

function takeParked<State>(held: Held<State>, { events, more }: NonNullable<LoadedSubject['parked']>): void {
  const ids = events.map(({ eventId }) => eventId);
  const known = new Set(ids);
  held.front = [...events, ...held.front.filter(({ eventId }) => !known.has(eventId))];
  held.parked = { ids, more };
  held.mayStart = true;
}
