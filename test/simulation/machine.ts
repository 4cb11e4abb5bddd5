import type { DeliveredEvent } from '../../store/types';
import { endIn, type Machine, moveTo, stay } from '../../workflows/kit/machine';

export interface State {
  readonly at: string;
  /** RFC 3339: it rests from then on, until it steps again. */
  readonly until: string | null;
}
export interface Effect {
  readonly name: 'tell';
}
/** What events may ask of the machine. */
export interface Asked {
  readonly until?: string;
  /** RFC 3339: the machine throws until then. */
  readonly jammedUntil?: string;
}

/**
 * Moves with every event but Noted, and ends with Closed: what was taken, and in which order, can be read off its stream.
 * Every Stepped asks for an effect.
 */
export const machineAt = (now: () => number): Machine<State, DeliveredEvent, DeliveredEvent, Effect> => ({
  name: 'simulated',
  version: 1,
  initial: () => ({ at: 'begun', until: null }),
  deadline: ({ until }) => until ?? 'none',
  step(_, input) {
    if (input.eventType === 'DeadlineReached') return moveTo({ at: 'rested', until: null });
    if (input.eventType === 'Noted' || !('data' in input)) return stay;
    if (input.eventType === 'Closed') return endIn({ at: 'closed', until: null });
    const { until = null, jammedUntil } = input.data as Asked;
    if (jammedUntil !== undefined && now() < Date.parse(jammedUntil)) throw new Error('jammed by plan');
    return moveTo({ at: 'going', until }, { effects: input.eventType === 'Stepped' ? [{ name: 'tell' }] : [] });
  },
  migrate: (state) => state as State,
});
