import type { Envelope } from '@millrace/events';
import { endIn, type Machine, moveTo, stay, stepOnce, stepThrough } from './machine';
import type { WireEvent } from './wire';

interface Door {
  readonly at: 'shut' | 'open' | 'gone';
  readonly opened: number;
}
type DoorEvent = Envelope<'Built' | 'Opened' | 'Knocked' | 'Burnt', object>;

/** Knocking moves nothing, opening rings a bell, burning ends it. */
const door: Machine<Door, DoorEvent, DoorEvent, { readonly name: 'ring' }> = {
  name: 'door',
  version: 1,
  initial: () => ({ at: 'shut', opened: 0 }),
  deadline: () => 'none',
  step: (state, { eventType }) => {
    if (eventType === 'Opened') {
      return moveTo({ at: 'open', opened: state.opened + 1 }, { effects: [{ name: 'ring' }], data: { by: 'hand' } });
    }
    if (eventType === 'Burnt') return endIn({ ...state, at: 'gone' }, { reason: 'fire' });
    if (eventType === 'DeadlineReached') return moveTo({ ...state, at: 'shut' });
    return stay;
  },
  migrate: () => ({ at: 'shut', opened: 0 }),
};

const event = (eventId: string, eventType: DoorEvent['eventType']): WireEvent<DoorEvent> => ({
  eventId,
  eventType,
  eventVersion: '1.0',
  eventTime: '2026-01-01T00:00:00Z',
  aggregateId: 'd',
  aggregateType: 'Door',
  tenantId: 't',
  correlationId: 'c',
  data: {},
});
const start = { state: undefined, version: 0 };

describe('stepping through events', () => {
  test('begins with the starting event and records each move with its cause', () => {
    const outcome = stepThrough(door, start, [event('1', 'Built'), event('2', 'Opened')]);
    expect(outcome.transitions).toMatchObject([
      { from: null, to: 'shut', causes: ['1'] },
      { from: 'shut', to: 'open', causes: ['2'], data: { by: 'hand' } },
    ]);
    expect(outcome.standing).toEqual({ state: { at: 'open', opened: 1 }, version: 2 });
    expect(outcome.effects).toEqual([{ version: 2, effect: { name: 'ring' } }]);
    expect(outcome.ended).toBe(false);
  });

  test('consumes every event at the version that it met, also one that moves nothing', () => {
    const events = [event('1', 'Knocked'), event('2', 'Opened'), event('3', 'Knocked'), event('4', 'Opened')];
    const outcome = stepThrough(door, { state: { at: 'shut', opened: 0 }, version: 7 }, events);
    expect(outcome.consumed).toEqual([
      { eventId: '1', version: 7 },
      { eventId: '2', version: 7 },
      { eventId: '3', version: 8 },
      { eventId: '4', version: 8 },
    ]);
    expect(outcome.standing.version).toBe(9);
  });

  test('stops at the event that ends it and leaves those behind', () => {
    const events = [event('1', 'Built'), event('2', 'Burnt'), event('3', 'Opened')];
    const outcome = stepThrough(door, start, events);
    expect(outcome.ended).toBe(true);
    expect(outcome.left).toEqual([events[2]]);
    expect(outcome.consumed.map(({ eventId }) => eventId)).toEqual(['1', '2']);
    expect(outcome.transitions.at(-1)).toMatchObject({ to: 'gone', reason: 'fire' });
  });

  test('tells the same story in any batches', () => {
    const events = [event('1', 'Built'), event('2', 'Knocked'), event('3', 'Opened'), event('4', 'Opened')];
    const whole = stepThrough(door, start, events);
    const first = stepThrough(door, start, events.slice(0, 2));
    const second = stepThrough(door, first.standing, events.slice(2));
    expect([...first.transitions, ...second.transitions]).toEqual(whole.transitions);
    expect([...first.consumed, ...second.consumed]).toEqual(whole.consumed);
    expect([...first.effects, ...second.effects]).toEqual(whole.effects);
  });

  test('bug: of two effects that one move asked for under one name, a host never performed the second: now it throws', () => {
    const rings: typeof door = {
      ...door,
      step: (state) => moveTo(state, { effects: [{ name: 'ring' }, { name: 'ring' }] }),
    };
    const events = [event('1', 'Built'), event('2', 'Opened')];
    expect(() => stepThrough(rings, start, events)).toThrow('twice for the effect ring');
    const twice = stepThrough(door, start, [...events, event('3', 'Opened')]);
    expect(twice.effects.map(({ version }) => version)).toEqual([2, 3]);
  });

  test('records a move that no event caused without causes', () => {
    const standing = { state: { at: 'open', opened: 1 } as const, version: 2 };
    const at = '2026-01-01T00:00:00Z';
    expect(stepOnce(door, standing, { eventType: 'DeadlineReached', at })).toMatchObject({
      transitions: [{ from: 'open', to: 'shut', causes: [] }],
      consumed: [],
      standing: { version: 3 },
    });
    expect(stepOnce(door, standing, { eventType: 'CancelRequested' }).transitions).toEqual([]);
  });
});
