import { endIn, type Machine, moveTo, stay } from '../kit/machine';
import type { CountBegun, CounterEvent, CounterStage } from './counter.contract';

export interface Counter {
  readonly at: CounterStage;
  readonly count: number;
  readonly idleAt: string | null;
}

/** Rings at every hundredth count. */
export interface Ring {
  readonly name: 'ring';
  readonly count: number;
}

export const counter: Machine<Counter, CountBegun, CounterEvent, Ring> = {
  name: 'counter',
  version: 1,
  initial: () => ({ at: 'counting', count: 0, idleAt: null }),
  deadline: ({ idleAt }) => idleAt ?? 'none',
  step: (state, input) => {
    switch (input.eventType) {
      case 'Counted': {
        if (new Date().toISOString() < (input.data.failsUntil ?? '')) throw new Error('the counter is jammed');
        const count = state.count + 1;
        const effects: Ring[] = count % 100 === 0 || input.data.ring === true ? [{ name: 'ring', count }] : [];
        const next: Counter = { at: 'counting', count, idleAt: input.data.idleAt ?? null };
        return moveTo(next, { effects, data: { count } });
      }
      case 'DeadlineReached':
        return moveTo({ ...state, at: 'idle', idleAt: null });
      case 'CountEnded':
        return endIn({ ...state, at: 'ended', idleAt: null });
      case 'CountBegun':
      case 'CountSkipped':
      case 'CancelRequested':
        return stay;
      default:
        return input satisfies never;
    }
  },
  migrate: () => {
    throw new Error('There is one version of the counter');
  },
};
