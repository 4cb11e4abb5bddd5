import type { Envelope } from '@millrace/events';
import type { Json, TransitionDraft } from '../../activities/recording/recording.activities';
import type { WireEvent } from './wire';

/** The instant named by `deadline` has come. */
export interface DeadlineReached {
  readonly eventType: 'DeadlineReached';
  /** RFC 3339, UTC: the instant that `deadline` had given. */
  readonly at: string;
}

/** Somebody asked Temporal to cancel the workflow, for instance in the Web UI. */
export interface CancelRequested {
  readonly eventType: 'CancelRequested';
}

/** A state: `at` is the stage. */
export interface Staged {
  readonly at: string;
}
/** An effect: its name is a part of the key under which it is performed. */
export interface Named {
  readonly name: string;
}

/** What a machine answers to an input. Every change of state is a move; every move is recorded as a transition. */
export type Step<State, Effect> =
  | { readonly moved: false }
  | {
      readonly moved: true;
      readonly state: State;
      /** Performed after the move is recorded, under subject, version and the effect's name: each has another one. */
      readonly effects: readonly Effect[];
      /** True if the journey closes with this move. */
      readonly ends: boolean;
      readonly reason?: string | undefined;
      readonly data?: Json | undefined;
    };

/** A journey's rules: pure, synchronous, total; no Temporal in it. */
export interface Machine<State extends Staged, Start extends Envelope, Input extends Envelope, Effect extends Named> {
  readonly name: string;
  /** Counts up when the shape of `State` changes. */
  readonly version: number;
  /** State after the event that starts the journey. */
  initial(start: Start): State;
  /** Until when it may stay in this state; asked again after every step. An instant, RFC 3339 in UTC. */
  deadline(state: State): string | 'none';
  step(state: State, input: Input | DeadlineReached | CancelRequested): Step<State, Effect>;
  /** State written by an older version of the machine, as this version has it. */
  migrate(state: unknown, fromVersion: number): State;
}

/** A machine as those see it who only hand events on: that they are its own, routes and contract see to. */
export type AnyMachine<State extends Staged, Effect extends Named> = Machine<State, never, never, Effect>;

export const stay = { moved: false } as const;

interface MoveOptions<Effect> {
  readonly effects?: readonly Effect[];
  readonly reason?: string | undefined;
  readonly data?: Json | undefined;
}

export const moveTo = <State, Effect = never>(
  state: State,
  { effects = [], ...told }: MoveOptions<Effect> = {},
): Step<State, Effect> => ({ moved: true, state, effects, ends: false, ...told });

export const endIn = <State, Effect = never>(
  state: State,
  { effects = [], ...told }: MoveOptions<Effect> = {},
): Step<State, Effect> => ({ moved: true, state, effects, ends: true, ...told });

/** Where a journey stands; before the event that starts it, it has no state. */
export interface Standing<State> {
  readonly state: State | undefined;
  /** The stream's version: how many moves were made. */
  readonly version: number;
}

/** An effect asked for by the move that made `version`. */
export interface AskedEffect<Effect> {
  readonly version: number;
  readonly effect: Effect;
}

/** What a run of inputs comes to. */
export interface Outcome<State, Effect> {
  readonly standing: Standing<State>;
  readonly transitions: readonly TransitionDraft[];
  /** Every event that was taken, with the version that it met. */
  readonly consumed: readonly { readonly eventId: string; readonly version: number }[];
  readonly effects: readonly AskedEffect<Effect>[];
  readonly ended: boolean;
  /** Events behind the one that ended the journey: nobody takes them. */
  readonly left: readonly WireEvent[];
}

/** Steps through events in their order. The first event of a journey that has no state yet is the one that starts it. */
export function stepThrough<State extends Staged, Effect extends Named>(
  machine: AnyMachine<State, Effect>,
  standing: Standing<State>,
  events: readonly WireEvent[],
): Outcome<State, Effect> {
  const tally = new Tally<State, Effect>(standing);
  for (const [index, event] of events.entries()) {
    tally.take(event.eventId, answer(machine, tally.state, event));
    if (tally.ended) return tally.outcome(events.slice(index + 1));
  }
  return tally.outcome([]);
}

/** One step that no event caused. */
export function stepOnce<State extends Staged, Effect extends Named>(
  machine: AnyMachine<State, Effect>,
  standing: { readonly state: State; readonly version: number },
  input: DeadlineReached | CancelRequested,
): Outcome<State, Effect> {
  const tally = new Tally<State, Effect>(standing);
  tally.apply(machine.step(standing.state, input), []);
  return tally.outcome([]);
}

/** The shell lets only an event that may start the journey be its first; routes and contract let only inputs come in. */
const answer = <State extends Staged, Effect extends Named>(
  machine: AnyMachine<State, Effect>,
  state: State | undefined,
  event: WireEvent,
): Step<State, Effect> =>
  state === undefined ? moveTo<State, Effect>(machine.initial(event as never)) : machine.step(state, event as never);

/** Adds up what a run of steps comes to. */
class Tally<State extends Staged, Effect extends Named> {
  state: State | undefined;
  ended = false;
  private version: number;
  private readonly transitions: TransitionDraft[] = [];
  private readonly consumed: { eventId: string; version: number }[] = [];
  private readonly effects: AskedEffect<Effect>[] = [];

  constructor({ state, version }: Standing<State>) {
    this.state = state;
    this.version = version;
  }

  take(eventId: string, step: Step<State, Effect>): void {
    this.consumed.push({ eventId, version: this.version });
    this.apply(step, [eventId]);
  }

  apply(step: Step<State, Effect>, causes: readonly string[]): void {
    if (!step.moved) return;
    this.version += 1;
    this.transitions.push({
      from: this.state?.at ?? null,
      to: step.state.at,
      causes,
      reason: step.reason,
      data: step.data,
    });
    this.ask(step.effects);
    this.state = step.state;
    this.ended = step.ends;
  }

  /** Of two under one key, one would never take effect. */
  private ask(effects: readonly Effect[]): void {
    const names = new Set<string>();
    for (const effect of effects) {
      if (names.has(effect.name)) throw new Error(`One move asks twice for the effect ${effect.name}`);
      names.add(effect.name);
      this.effects.push({ version: this.version, effect });
    }
  }

  outcome(left: readonly WireEvent[]): Outcome<State, Effect> {
    const { transitions, consumed, effects, ended, state, version } = this;
    return { standing: { state, version }, transitions, consumed, effects, ended, left };
  }
}
