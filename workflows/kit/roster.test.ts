import { counterEvent as event } from '../testing/counter-events';
import { Roster } from './roster';
import type { LaneBatch, WireEvent } from './wire';

const batch = (subject: string, events: readonly WireEvent[], mayStart = false): LaneBatch => ({
  ref: { subject, tenantId: 'test', key: subject },
  mayStart,
  events,
});
const ids = (events: readonly WireEvent[]): string[] => events.map(({ eventId }) => eventId);
const begun = (eventId: string): WireEvent => event(eventId, 'CountBegun');

/** A roster with these journeys in memory, in this order. */
function standing(...subjects: string[]): Roster<{ at: string }> {
  const roster = new Roster<{ at: string }>(['CountBegun']);
  for (const subject of subjects) {
    roster.hold({ subject, tenantId: 'test', key: subject }).standing = { state: { at: 'counting' }, version: 1 };
  }
  return roster;
}

describe('a roster', () => {
  test('gives turns to those that wait longest, each event once', () => {
    const roster = standing();
    roster.receive([batch('a', [event('1'), event('2')]), batch('b', [event('3')]), batch('a', [event('2')])]);
    expect(roster.waiting).toBe(3);
    expect(roster.takeReady(1).map(({ ref }) => ref.subject)).toEqual(['a']);
    expect(roster.takeReady(10).map(({ ref }) => ref.subject)).toEqual(['b']);
    expect(roster.hasReady).toBe(false);
  });

  test('starts a journey with the event that starts it, whatever came before', () => {
    const roster = standing();
    roster.receive([batch('a', [event('1')]), batch('a', [event('2'), begun('3'), event('4')], true)]);
    const [held] = roster.takeReady(10);
    expect(held && roster.need(held)).toBe('start');
    expect(held && ids(roster.takeBatch(held))).toEqual(['3', '1', '2', '4']);
  });

  test('asks the store about a journey that is not in memory and that nothing may start', () => {
    const roster = standing('known');
    roster.receive([batch('a', [event('1')]), batch('b', [begun('2')]), batch('known', [event('3')])]);
    const [a, b, known] = roster.takeReady(10);
    expect([a, b, known].map((held) => held && roster.need(held))).toEqual(['load', 'load', 'step']);
    if (a) a.awaitsStartUntil = 1;
    expect(a && roster.need(a)).toBe('await-start');
    roster.receive([batch('a', [begun('4')], true)]);
    expect(a && roster.need(a)).toBe('start');
  });

  test('steps first through what was parked, and through nothing else while more is parked', () => {
    const roster = standing('a');
    roster.receive([batch('a', [event('2'), event('3')])]);
    const [held] = roster.takeReady(10);
    if (held === undefined) throw new Error('nobody is ready');
    held.front = [event('1'), event('2')];
    held.parked = { ids: ['1', '2'], more: true };
    expect(ids(roster.takeBatch(held))).toEqual(['1', '2']);
    expect(roster.hasReady).toBe(true);
    held.parked = { ids: [], more: false };
    held.front = [event('2')];
    expect(ids(roster.takeBatch(held))).toEqual(['2', '3']);
  });

  test('leaves the rest of a long batch for the next turn', () => {
    const roster = standing('a');
    roster.receive([
      batch(
        'a',
        Array.from({ length: 300 }, (_, nth) => event(`e${nth}`)),
      ),
    ]);
    const [held] = roster.takeReady(1_000);
    expect(held && roster.takeBatch(held)).toHaveLength(256);
    expect(roster.takeReady(1_000).map((again) => roster.takeBatch(again).length)).toEqual([44]);
  });

  test('puts away those that were not touched for longest, and none that has something to take', () => {
    const roster = standing('a', 'b', 'c', 'd');
    roster.receive([batch('b', [event('1')]), batch('a', [event('2')])]);
    const [b] = roster.takeReady(1);
    if (b) roster.takeBatch(b);
    expect(roster.putAway(2).map(({ ref }) => ref.subject)).toEqual(['c', 'd']);
    expect(roster.get('a')).toBeDefined();
    expect(roster.standing().map(({ ref }) => ref.subject)).toEqual(['b', 'a']);
  });

  test('keeps the events of a journey that it lets go, and asks the store for their sake', () => {
    const roster = standing('a', 'b');
    roster.receive([batch('a', [event('1')])]);
    roster.forgetStates();
    expect(roster.size).toBe(1);
    const [a] = roster.takeReady(10);
    expect(a && roster.need(a)).toBe('load');
  });

  test('bug: forgot that a start which the store gave back may start its journey', () => {
    const roster = standing();
    roster.receive([batch('a', [begun('1')], true)]);
    const [held] = roster.takeReady(10);
    if (held === undefined) throw new Error('nobody is ready');
    held.front = roster.takeBatch(held);
    roster.forgetStates();
    expect(roster.need(held)).toBe('start');
  });
});
