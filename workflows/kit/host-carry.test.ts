import { counterEvent } from '../testing/counter-events';
import { effectsToCarry, standingToCarry, waitingToCarry } from './host-carry';
import { Roster } from './roster';

const event = (eventId: string, data: object = {}) => counterEvent(eventId, 'Counted', data);
const ref = (subject: string) => ({ subject, tenantId: 'test', key: subject });

describe('what a host carries over continue-as-new', () => {
  test('is what waits, without what the store keeps as well', () => {
    const roster = new Roster<{ at: string }>(['CountBegun']);
    roster.receive([{ ref: ref('a'), mayStart: true, events: [event('3')] }]);
    const held = roster.hold(ref('a'));
    held.front = [event('1'), event('2')];
    held.parked = { ids: ['1'], more: false };
    expect(waitingToCarry(roster)).toEqual([{ ref: ref('a'), mayStart: true, events: [event('2'), event('3')] }]);
  });

  test('is until when a journey waits for its start, unless the store is asked about it again', () => {
    const roster = new Roster<{ at: string }>(['CountBegun']);
    roster.receive([{ ref: ref('a'), mayStart: false, events: [event('1')] }]);
    const held = roster.hold(ref('a'));
    held.awaitsStartUntil = 60_000;
    const waiting = { ref: ref('a'), mayStart: false, events: [event('1')] };
    expect(waitingToCarry(roster)).toEqual([{ ...waiting, awaitsStartUntil: 60_000 }]);
    held.mustLoad = true;
    expect(waitingToCarry(roster)).toEqual([waiting]);
    held.mustLoad = false;
    held.parked = { ids: ['0'], more: false };
    expect(waitingToCarry(roster)).toEqual([waiting]);
  });

  test('bug: of a journey that waits in the store alone is nothing, or the next run took it for one that it has', () => {
    const roster = new Roster<{ at: string }>(['CountBegun']);
    const held = roster.hold(ref('a'));
    held.front = [event('1')];
    held.parked = { ids: ['1'], more: false };
    expect(waitingToCarry(roster)).toEqual([]);
  });

  test.each([
    ['many', Array.from({ length: 201 }, (_, nth) => event(`e${nth}`))],
    ['large', Array.from({ length: 20 }, (_, nth) => event(`e${nth}`, { text: 'x'.repeat(10_000) }))],
  ])('is nothing yet while the events that wait are too %s', (_, events) => {
    const roster = new Roster<{ at: string }>(['CountBegun']);
    roster.receive([{ ref: ref('a'), mayStart: false, events }]);
    expect(waitingToCarry(roster)).toBeUndefined();
  });

  test('are the states touched last, as many as there is room for', () => {
    const roster = new Roster<{ at: string; text: string }>(['CountBegun']);
    for (let nth = 0; nth < 300; nth += 1) {
      roster.hold(ref(`s${nth}`)).standing = { state: { at: 'counting', text: 'x'.repeat(1_000) }, version: 1 };
    }
    const carried = standingToCarry(roster);
    expect(carried[0]?.ref.subject).toBe('s299');
    expect(carried.length).toBeGreaterThan(100);
    expect(JSON.stringify(carried).length).toBeLessThanOrEqual(161 * 1024);
  });

  test('is no state of a journey of which more is parked: only one that is not held is loaded when its time comes', () => {
    const roster = new Roster<{ at: string }>(['CountBegun']);
    const held = roster.hold(ref('a'));
    held.standing = { state: { at: 'counting' }, version: 200 };
    expect(standingToCarry(roster)).toHaveLength(1);
    held.mustLoad = true;
    expect(standingToCarry(roster)).toEqual([]);
  });

  test('are the effects that fit; the others have to be put away', () => {
    const effects = Array.from({ length: 1_000 }, (_, nth) => ({
      version: nth,
      effect: { name: 'ring', text: 'x'.repeat(500) },
      context: { key: `k${nth}`, tenantId: 'test', correlationId: 'a' },
    }));
    const carried = effectsToCarry(effects);
    expect(carried.length).toBeGreaterThan(100);
    expect(carried).toEqual(effects.slice(0, carried.length));
    expect(JSON.stringify(carried).length).toBeLessThanOrEqual(129 * 1024);
  });
});
