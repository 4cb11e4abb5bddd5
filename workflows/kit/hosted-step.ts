import type { HostedEntry } from '../../activities/recording/hosting.activities';
import { reasonOf } from './failures';
import { piecesOf } from './late';
import { type AnyMachine, type Named, type Outcome, type Staged, stepOnce, stepThrough } from './machine';
import { deadlineMs, followed, standingAfter, type Tracing } from './recorded';
import type { Held } from './roster';
import type { WireEvent } from './wire';

/** What one journey does in a turn: moves to be recorded, or, if its machine threw, a journey to be parked. */
export interface HostedStep<State, Effect> {
  readonly held: Held<State>;
  /** Taken for it. */
  readonly batch: readonly WireEvent[];
  /** Taken with it and not stepped through: they wait until this is recorded. */
  readonly rest: readonly WireEvent[];
  readonly entry: HostedEntry;
  /** To be parked: what it has here is too much to be parked at once, and the rest follows. */
  readonly isInPart?: boolean | undefined;
  /** Undefined: the machine threw. */
  readonly outcome?: Outcome<State, Effect> | undefined;
  readonly tracing: Tracing;
  /** Behind the end, and more than the closing append may carry. */
  readonly left: readonly WireEvent[];
  /** Milliseconds since the epoch; infinity for none. */
  readonly deadlineMs: number;
}

/** After a machine threw, its journey is tried again this much later: a corrected machine may have been deployed. */
export const RETRY_PARKED_MS = 60_000;

/**
 * Moves, effects and state that one step may come to, in characters as JSON. One call records them, the server takes none
 * above 2 MiB, and in UTF-8 a character may be three bytes.
 */
const MOST_RECORDED = 512 * 1024;

/**
 * Steps a journey through its batch, or, without one, through its deadline. Pure: `held` stays as it is until the store
 * has answered. Undefined: nothing is to be done.
 * Whatever the machine throws is caught: it parks this journey, and no other. So does what it answers if no call can
 * record it: it is too much, or no JSON. Events that are too much together only are recorded in turns.
 *
 * @param rest what was taken behind the batch
 */
export function stepHeld<State extends Staged, Effect extends Named>(
  machine: AnyMachine<State, Effect>,
  held: Held<State>,
  batch: readonly WireEvent[],
  nowMs: number,
  rest: readonly WireEvent[] = [],
): HostedStep<State, Effect> | undefined {
  try {
    const outcome = batch.length > 0 ? stepThrough(machine, held.standing, batch) : atDeadline(machine, held, nowMs);
    if (outcome === undefined || (outcome.transitions.length === 0 && outcome.consumed.length === 0)) return undefined;
    const characters = charactersOf([...movesOf(outcome), outcome.standing.state]);
    if (characters > MOST_RECORDED)
      throw new Error(`${machine.name} came to ${characters} characters at once; ${MOST_RECORDED} are allowed`);
    return { ...recording(machine, held, batch, outcome), rest };
  } catch (error) {
    const sound = soundPrefix(machine, held, batch);
    if (sound === 0 || sound === batch.length) return parking(held, [...batch, ...rest], error, nowMs);
    return stepHeld(machine, held, batch.slice(0, sound), nowMs, [...batch.slice(sound), ...rest]);
  }
}

/**
 * As many events as may take their effect: they come before the one at which the machine throws, and can be recorded at
 * once. The most of them, not the first that fit: a redone task, with more behind them, takes no fewer than the lost one.
 */
function soundPrefix<State extends Staged, Effect extends Named>(
  machine: AnyMachine<State, Effect>,
  held: Held<State>,
  batch: readonly WireEvent[],
): number {
  let { standing } = held;
  let [sound, moved] = [0, 0];
  try {
    for (const [index, event] of batch.entries()) {
      const outcome = stepThrough(machine, standing, [event]);
      standing = outcome.standing;
      moved += charactersOf(movesOf(outcome));
      if (moved + charactersOf([standing.state]) <= MOST_RECORDED) sound = index + 1;
      if (outcome.ended || moved > MOST_RECORDED) break;
    }
  } catch {
    // what comes before it was counted; it throws again when its own turn comes
  }
  return sound;
}

const movesOf = <State, Effect>({ transitions, effects }: Outcome<State, Effect>) => [...transitions, ...effects];

const charactersOf = (values: readonly unknown[]): number =>
  values.reduce<number>((sum, value) => sum + JSON.stringify(value).length, 0);

function atDeadline<State extends Staged, Effect extends Named>(
  machine: AnyMachine<State, Effect>,
  { standing }: Held<State>,
  nowMs: number,
) {
  const { state, version } = standing;
  if (state === undefined) return undefined;
  const at = machine.deadline(state);
  if (at === 'none' || deadlineMs(machine, state) > nowMs) return undefined;
  const outcome = stepOnce(machine, { state, version }, { eventType: 'DeadlineReached', at });
  if (outcome.transitions.length === 0) throw new Error(`${machine.name} stays in ${state.at} after its deadline`);
  return outcome;
}

function recording<State extends Staged, Effect extends Named>(
  machine: AnyMachine<State, Effect>,
  held: Held<State>,
  batch: readonly WireEvent[],
  outcome: Outcome<State, Effect>,
): Omit<HostedStep<State, Effect>, 'rest'> {
  const { transitions, consumed, ended } = outcome;
  const [late = [], ...left] = ended ? piecesOf(outcome.left) : [];
  const tracing = followed(held.tracing, batch);
  // One that is parked was loaded: it is known to be new.
  const fresh = held.standing.state === undefined && held.parked === undefined;
  return {
    held,
    batch,
    outcome,
    tracing,
    left: left.flat(),
    deadlineMs: ended ? Number.POSITIVE_INFINITY : deadlineMs(machine, outcome.standing.state),
    entry: {
      kind: 'append',
      request: {
        ...held.ref,
        ...tracing,
        ...(fresh && { fresh }),
        expectedVersion: held.standing.version,
        transitions,
        consumed,
        late,
        after: standingAfter(machine, outcome.standing.state, ended),
      },
      ...(held.parked && { unpark: unparkedBy(held.parked.ids, batch) }),
    },
  };
}

const unparkedBy = (parked: readonly string[], batch: readonly WireEvent[]): string[] => {
  const ids = new Set(parked);
  return batch.flatMap(({ eventId }) => (ids.has(eventId) ? [eventId] : []));
};

/**
 * All that waits for it goes behind what the store keeps of it already, as much at once as one activity may be given; it
 * leaves the memory once the store has all.
 */
export function parking<State, Effect>(
  held: Held<State>,
  batch: readonly WireEvent[],
  error: unknown,
  nowMs: number,
): HostedStep<State, Effect> {
  const [events = [], ...more] = piecesOf([...batch, ...held.front, ...held.inbox.all()]);
  const retryAtMs = nowMs + RETRY_PARKED_MS;
  const message = error instanceof Error ? reasonOf(error) : String(error);
  return {
    held,
    batch: events,
    rest: batch.slice(events.length),
    isInPart: more.length > 0,
    tracing: held.tracing,
    left: [],
    deadlineMs: retryAtMs,
    entry: {
      kind: 'park',
      ref: held.ref,
      events,
      message,
      retryAt: new Date(retryAtMs).toISOString(),
    },
  };
}

/** The journey took these before: it steps again without them. Undefined: nothing is left to be recorded. */
export function withoutDuplicates<State extends Staged, Effect extends Named>(
  machine: AnyMachine<State, Effect>,
  { held, batch, rest, entry }: HostedStep<State, Effect>,
  duplicates: readonly string[],
  nowMs: number,
): HostedStep<State, Effect> | undefined {
  const fresh = batch.filter(({ eventId }) => !duplicates.includes(eventId));
  const unpark = entry.kind === 'append' ? (entry.unpark ?? []) : [];
  const again = fresh.length > 0 ? stepHeld(machine, held, fresh, nowMs, rest) : undefined;
  if (again?.entry.kind === 'append') {
    const waits = new Set(again.rest.map(({ eventId }) => eventId));
    return { ...again, entry: { ...again.entry, unpark: unpark.filter((eventId) => !waits.has(eventId)) } };
  }
  if (again !== undefined) return again;
  if (unpark.length === 0) return undefined;
  return { ...unparking(machine, held, unpark, nowMs), rest };
}

/** Nothing waits for a journey that is parked, and its machine throws no more at what is due: it had another deadline. */
export function noLongerParked<State extends Staged, Effect extends Named>(
  machine: AnyMachine<State, Effect>,
  held: Held<State>,
  nowMs: number,
): readonly HostedStep<State, Effect>[] {
  if (held.parked?.ids.length !== 0 || deadlineOf(machine, held, nowMs) <= nowMs) return [];
  return [unparking(machine, held, [], nowMs)];
}

function unparking<State extends Staged, Effect extends Named>(
  machine: AnyMachine<State, Effect>,
  held: Held<State>,
  eventIds: readonly string[],
  nowMs: number,
): HostedStep<State, Effect> {
  const entry = { kind: 'unpark', subject: held.ref.subject, eventIds } as const;
  const deadline = deadlineOf(machine, held, nowMs);
  return { held, batch: [], rest: [], entry, tracing: held.tracing, left: [], deadlineMs: deadline };
}

/** Milliseconds since the epoch. One that cannot be told is due: then the step that asks for it again parks the journey. */
export function deadlineOf<State extends Staged, Effect extends Named>(
  machine: AnyMachine<State, Effect>,
  { standing }: Held<State>,
  nowMs: number,
): number {
  try {
    return deadlineMs(machine, standing.state);
  } catch {
    return nowMs;
  }
}

/** Not so what is parked: of that the store has what goes first. */
export const mayBeRetold = <State, Effect>({ entry }: HostedStep<State, Effect>): boolean =>
  entry.kind === 'append' && entry.unpark === undefined;

/** To be told again as it is, whatever came since: only so is it equal to what may have been recorded. */
export const retold = <State, Effect>(step: HostedStep<State, Effect>): HostedStep<State, Effect> =>
  step.entry.kind === 'append'
    ? { ...step, entry: { ...step.entry, request: { ...step.entry.request, retold: true } } }
    : step;
