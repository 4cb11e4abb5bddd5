import { fitting } from './chunks';
import type { Pending } from './effects';
import type { Tracing } from './recorded';
import type { Held, Roster } from './roster';
import type { LaneBatch, WireEvent } from './wire';

/**
 * What continue-as-new takes along, half a megabyte at most: the server terminates a workflow that continues with more
 * than 2 MiB. States and effects beyond it are in the store.
 */
export interface CarryLimits {
  readonly waiting: { readonly events: number; readonly characters: number };
  /** Characters as JSON. */
  readonly standing: number;
  readonly effects: number;
}

export const CARRY_LIMITS: CarryLimits = {
  waiting: { events: 200, characters: 192 * 1024 },
  standing: 160 * 1024,
  effects: 128 * 1024,
};

export interface CarriedHost<State, Effect> {
  readonly waiting: readonly CarriedWaiting[];
  /** Those touched last, the last one first. */
  readonly standing: readonly CarriedStanding<State>[];
  readonly machineVersion: number;
  readonly effects: readonly Pending<Effect>[];
  readonly effectsInStore: boolean;
}

interface CarriedWaiting extends LaneBatch {
  /** Milliseconds since the epoch: loaded in vain, it waits for its start until then, however many runs that takes. */
  readonly awaitsStartUntil?: number | undefined;
}

interface CarriedStanding<State> {
  readonly ref: LaneBatch['ref'];
  readonly state: State;
  readonly version: number;
  readonly tracing: Tracing;
}

/** Events that wait, without those that the store keeps as well. */
const waitingOf = <State>(held: Held<State>): CarriedWaiting => {
  const { ref, mayStart, front, inbox, parked, awaitsStartUntil, mustLoad } = held;
  const inStore = new Set(parked?.ids);
  const events: WireEvent[] = [...front, ...inbox.carry().waiting].filter(({ eventId }) => !inStore.has(eventId));
  const isLoadedAgain = mustLoad || parked !== undefined;
  return { ref, mayStart, events, ...(awaitsStartUntil !== undefined && !isLoadedAgain && { awaitsStartUntil }) };
};

/** What waits, if it is little enough to be taken along. */
export function waitingToCarry<State>(
  roster: Roster<State>,
  limits: CarryLimits = CARRY_LIMITS,
): readonly CarriedWaiting[] | undefined {
  if (roster.waiting > limits.waiting.events) return undefined;
  const waiting = roster
    .withEvents()
    .map(waitingOf)
    .filter(({ events }) => events.length > 0);
  return JSON.stringify(waiting).length > limits.waiting.characters ? undefined : waiting;
}

/**
 * The states of the journeys that were touched last: they need not be loaded again. Those of which more is parked need it,
 * and the next run loads only what it does not hold.
 */
export function standingToCarry<State>(
  roster: Roster<State>,
  limits: CarryLimits = CARRY_LIMITS,
): readonly CarriedStanding<State>[] {
  const standing = roster
    .standing()
    .flatMap(({ ref, standing: { state, version }, tracing, parked, mustLoad }) =>
      state === undefined || parked !== undefined || mustLoad ? [] : [{ ref, state, version, tracing }],
    );
  return fitting(standing, limits.standing);
}

export const effectsToCarry = <Effect>(
  effects: readonly Pending<Effect>[],
  limits: CarryLimits = CARRY_LIMITS,
): readonly Pending<Effect>[] => fitting(effects, limits.effects);
