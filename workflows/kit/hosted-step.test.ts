import type { HostedEntry } from '../../activities/recording/hosting.activities';
import { counter, type Ring } from '../testing/counter.machine';
import { counterEvent as event } from '../testing/counter-events';
import { type HostedStep, parking, stepHeld, withoutDuplicates } from './hosted-step';
import { moveTo, type Step } from './machine';
import { type Held, Roster } from './roster';
import type { WireEvent } from './wire';

const NOW = Date.parse('2026-01-01T12:00:00.000Z');
type Counter = ReturnType<typeof counter.initial>;
const NEVER = '9999-12-31T00:00:00.000Z';

function held(state?: Counter, version = state ? 1 : 0): Held<Counter> {
  const one = new Roster<Counter>(['CountBegun']).hold({ subject: 'c/test/a', tenantId: 'test', key: 'a' });
  one.standing = { state, version };
  return one;
}
const counting: Counter = { at: 'counting', count: 0, idleAt: null };
const append = (step: { readonly entry: HostedEntry } | undefined) => {
  if (step?.entry.kind !== 'append') throw new Error('nothing is appended');
  return step.entry;
};

describe('a journey of a host', () => {
  test('that begins is recorded as new, with its deadline', () => {
    const idleAt = '2026-01-01T13:00:00.000Z';
    const step = stepHeld(counter, held(), [event('1', 'CountBegun'), event('2', 'Counted', { idleAt })], NOW);
    expect(append(step).request).toMatchObject({
      subject: 'c/test/a',
      fresh: true,
      expectedVersion: 0,
      correlationId: 'corr',
      transitions: [{ to: 'counting' }, { to: 'counting' }],
      consumed: [
        { eventId: '1', version: 0 },
        { eventId: '2', version: 1 },
      ],
      after: { stage: 'counting', closed: false, deadline: idleAt },
    });
    expect(step?.deadlineMs).toBe(Date.parse(idleAt));
  });

  test('that begins after it was parked is known to be new', () => {
    const one = held();
    one.parked = { ids: ['1'], more: false };
    expect(append(stepHeld(counter, one, [event('1', 'CountBegun')], NOW)).request).not.toHaveProperty('fresh');
  });

  test('that stands is recorded behind its version; its end takes what is left as late', () => {
    const batch = [event('1'), event('2', 'CountEnded'), event('3')];
    const step = stepHeld(counter, held(counting, 7), batch, NOW);
    const { request } = append(step);
    expect(request).toMatchObject({ expectedVersion: 7, late: [{ eventId: '3' }], after: { closed: true } });
    expect(request).not.toHaveProperty('fresh');
    expect(step?.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('moves at its deadline, and not before', () => {
    const idle = { ...counting, idleAt: new Date(NOW).toISOString() };
    expect(append(stepHeld(counter, held(idle), [], NOW)).request.transitions).toMatchObject([{ to: 'idle' }]);
    expect(stepHeld(counter, held(idle), [], NOW - 1)).toBeUndefined();
    expect(stepHeld(counter, held(counting), [], NOW)).toBeUndefined();
  });

  test('whose machine throws takes what came before, and then is parked with the rest', () => {
    const one = held(counting);
    const batch = [event('1'), event('2', 'Counted', { failsUntil: NEVER }), event('3')];
    const step = stepHeld(counter, one, batch, NOW);
    expect(append(step).request.consumed).toEqual([{ eventId: '1', version: 1 }]);
    expect(step?.rest.map(({ eventId }) => eventId)).toEqual(['2', '3']);
    one.inbox.receive([event('4')]);
    const parked = stepHeld(counter, one, step?.rest ?? [], NOW);
    expect(parked?.entry).toMatchObject({
      kind: 'park',
      message: 'the counter is jammed',
      retryAt: new Date(NOW + 60_000).toISOString(),
      events: [{ eventId: '2' }, { eventId: '3' }, { eventId: '4' }],
    });
    expect([one.front, one.inbox.size]).toEqual([[], 1]); // until the store has answered
  });

  test.each([
    ['names no instant', { ...counter, deadline: () => 'tomorrow' }, [event('1')]],
    [
      'stays after its deadline',
      { ...counter, deadline: () => new Date(NOW).toISOString(), step: () => ({ moved: false }) as const },
      [],
    ],
  ])('whose machine %s is parked', (_, machine, batch) => {
    expect(stepHeld(machine, held(counting), batch, NOW)?.entry.kind).toBe('park');
  });

  test('tells the store which of the parked events it took', () => {
    const one = held(counting);
    one.parked = { ids: ['1', '9'], more: false };
    expect(append(stepHeld(counter, one, [event('1'), event('2')], NOW)).unpark).toEqual(['1']);
  });

  test('that cannot be read is parked with all that waits for it', () => {
    const one = held();
    one.inbox.receive([event('1')]);
    expect(parking(one, [], 'not an error', NOW).entry).toMatchObject({
      message: 'not an error',
      events: [{ eventId: '1' }],
    });
  });
});

describe('what one call records of a journey', () => {
  const text = 'x'.repeat(200_000);
  const tooLarge = { text: text.repeat(3) };
  /** Counts, but answers otherwise to these events. */
  const machineOf = (answers: Readonly<Record<string, (state: Counter) => Step<Counter, Ring>>>): typeof counter => ({
    ...counter,
    step: (state, input) =>
      ('eventId' in input ? answers[input.eventId]?.(state) : undefined) ?? counter.step(state, input),
  });

  test.each<[string, (state: Counter) => Step<Counter, Ring>, RegExp]>([
    ['too large a state', (state) => moveTo({ ...state, ...tooLarge }), /^counter came to 600\d{3} characters/],
    ['too much data', (state) => moveTo(state, { data: tooLarge }), /^counter came to 600\d{3} characters/],
    [
      'too large an effect',
      (state) => moveTo(state, { effects: [{ name: 'ring', count: 1, ...tooLarge }] }),
      /600\d{3}/,
    ],
    ['a state that is no JSON', (state) => moveTo({ ...state, ...{ exact: 1n } }), /BigInt/],
  ])('bug: of one whose machine answers with %s, nothing: it stopped all of its host', (_, answer, message) => {
    const machine = machineOf({ 2: answer });
    const one = held(counting);
    const step = stepHeld(machine, one, [event('1'), event('2')], NOW, [event('3')]);
    expect(append(step).request.consumed).toEqual([{ eventId: '1', version: 1 }]);
    expect(step?.rest).toEqual([event('2'), event('3')]);
    const parked = stepHeld(machine, one, [event('2')], NOW, [event('3')]);
    expect(parked?.entry).toMatchObject({
      kind: 'park',
      message: expect.stringMatching(message),
      events: [{ eventId: '2' }, { eventId: '3' }],
    });
  });

  test('is as many of its events as fit, and the others wait', () => {
    const talks = (state: Counter) => moveTo<Counter, Ring>(state, { data: { text } });
    const machine = machineOf({ 1: talks, 2: talks, 3: talks, 4: talks });
    const step = stepHeld(machine, held(counting), [event('1'), event('2'), event('3'), event('4')], NOW);
    expect(append(step).request.consumed).toHaveLength(2);
    expect(step?.rest).toEqual([event('3'), event('4')]);
  });

  test('is no less when more has come behind it: a lost task may have told all of it', () => {
    const large = (state: Counter) => moveTo<Counter, Ring>({ ...state, ...tooLarge });
    const machine = machineOf({ 1: large, 3: large });
    const told = [event('1'), event('2')];
    expect(stepHeld(machine, held(counting), told, NOW)?.batch).toEqual(told);
    expect(stepHeld(machine, held(counting), [...told, event('3')], NOW)?.batch).toEqual(told);
  });
});

describe('a journey that took some of its events before', () => {
  const jammed = event('3', 'Counted', { failsUntil: NEVER });
  const without = (
    one: Held<Counter>,
    batch: readonly WireEvent[],
    duplicates: readonly string[],
  ): HostedStep<Counter, unknown> | undefined => {
    const step = stepHeld(counter, one, batch, NOW);
    if (step === undefined) throw new Error('nothing is to be done');
    return withoutDuplicates(counter, step, duplicates, NOW);
  };

  test('steps again without them', () => {
    const again = without(held(counting, 7), [event('1'), event('2'), event('4')], ['1', '2']);
    expect(append(again).request).toMatchObject({ expectedVersion: 7, consumed: [{ eventId: '4', version: 7 }] });
  });

  test('records nothing if it took all of them', () => {
    expect(without(held(counting, 7), [event('1'), event('2')], ['1', '2'])).toBeUndefined();
  });

  test('is no longer parked with what it took before', () => {
    const one = held(counting, 7);
    one.parked = { ids: ['1', '2'], more: false };
    expect(append(without(one, [event('1'), event('4')], ['1'])).unpark).toEqual(['1']);
    expect(without(one, [event('1'), event('2')], ['1', '2'])?.entry).toEqual({
      kind: 'unpark',
      subject: 'c/test/a',
      eventIds: ['1', '2'],
    });
  });

  test('keeps what waits behind an event at which its machine throws', () => {
    const again = without(held(counting, 7), [event('1'), event('2'), jammed, event('4')], ['1']);
    expect(append(again).request.consumed).toEqual([{ eventId: '2', version: 7 }]);
    expect(again?.rest.map(({ eventId }) => eventId)).toEqual(['3', '4']);
  });

  test('stays parked with what it does not take after all', () => {
    const one = held(counting, 7);
    one.parked = { ids: ['1', '2', '4'], more: false };
    const machine: typeof counter = {
      ...counter,
      step: (state, input) => {
        if ('eventId' in input && input.eventId === '4' && state.count === 1) throw new Error('out of step');
        return counter.step(state, input);
      },
    };
    const step = stepHeld(machine, one, [event('1'), event('2'), event('4')], NOW);
    const again = step && withoutDuplicates(machine, step, ['1'], NOW);
    expect([append(step).unpark, append(again).unpark]).toEqual([
      ['1', '2', '4'],
      ['1', '2'],
    ]);
    expect(again?.rest).toEqual([event('4')]);
  });

  test('is parked with all of them, oldest first, if its machine throws without them', () => {
    const one = held(counting, 7);
    one.inbox.receive([event('5')]);
    const machine: typeof counter = {
      ...counter,
      step: (state, input) => {
        if ('eventId' in input && input.eventId === '2' && state.count === 0) throw new Error('out of step');
        return counter.step(state, input);
      },
    };
    const step = stepHeld(machine, one, [event('1'), event('2'), jammed], NOW);
    const again = step && withoutDuplicates(machine, step, ['1'], NOW);
    expect(again?.entry).toMatchObject({
      kind: 'park',
      events: [{ eventId: '2' }, { eventId: '3' }, { eventId: '5' }],
    });
  });
});
