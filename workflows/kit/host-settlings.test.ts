import type { Settling } from '../../activities/recording/hosting.activities';
import { counterEvent } from '../testing/counter-events';
import { Deadlines } from './deadlines';
import { HostSettlings } from './host-settlings';
import { Roster } from './roster';

const event = (eventId: string, characters = 1) => counterEvent(eventId, 'Counted', { text: 'x'.repeat(characters) });
const ref = { subject: 'c/test/a', tenantId: 'test', key: 'a' };

/** @param first what happens while the store has the first call */
function host(first: () => void = () => undefined) {
  const calls: (readonly Settling[])[] = [];
  const roster = new Roster<{ at: string }>(['CountBegun']);
  const store = {
    settle: async (settlings: readonly Settling[]) => {
      if (calls.push(settlings) === 1) first();
    },
  };
  return { calls, roster, settlings: new HostSettlings({ roster, deadlines: new Deadlines(), store }) };
}
const idsOf = (settlings: readonly Settling[]) => settlings.map(({ events }) => events.map(({ eventId }) => eventId));

describe('what a host settles', () => {
  test('is all that waits for a journey, which leaves the memory', async () => {
    const { calls, roster, settlings } = host();
    roster.receive([{ ref, mayStart: true, events: [event('3')] }]);
    const held = roster.hold(ref);
    held.front = [event('2')];
    settlings.addAll(held, 'foreign', [event('1')]);
    await settlings.settle();
    await settlings.settle();
    expect(calls).toEqual([[{ why: 'foreign', ref, events: [event('1'), event('2'), event('3')] }]]);
    expect(roster.size).toBe(0);
  });

  test('is said of a parked journey also if nothing waits for it', async () => {
    const { calls, roster, settlings } = host();
    const held = roster.hold(ref);
    settlings.add(held, 'closed', []);
    held.parked = { ids: [], more: false };
    settlings.add(held, 'closed', []);
    await settlings.settle();
    expect(calls).toEqual([[{ why: 'closed', ref, events: [], unpark: true }]]);
  });

  test('bug: was one call for all that waited for a journey, which the server refuses above 2 MiB', async () => {
    const { calls, roster, settlings } = host();
    const many = Array.from({ length: 20 }, (_, nth) => event(`${nth}`, 200 * 1024));
    settlings.add(roster.hold(ref), 'closed', many);
    await settlings.settle();
    expect(calls.map(idsOf)).toEqual(many.map(({ eventId }) => [[eventId]]));
  });

  test('goes in several calls, in order, if it is much for one journey: of small events as many as fit', async () => {
    const { calls, roster, settlings } = host();
    const many = Array.from({ length: 100 }, (_, nth) => event(`${nth}`, 10 * 1024));
    settlings.add(roster.hold(ref), 'early', many);
    await settlings.settle();
    expect(calls.map((settled) => settled.length)).toEqual([1, 1, 1, 1]); // a lane's events are parked one call after the other
    expect(calls.flatMap(idsOf).flat()).toEqual(many.map(({ eventId }) => eventId));
    for (const call of calls) expect(JSON.stringify(call).length).toBeLessThan(300 * 1024);
  });

  test('of journeys that wait for their start is all that waits for them, and nothing of others', async () => {
    const { calls, roster, settlings } = host();
    const other = { ...ref, subject: 'c/test/b' };
    roster.receive([
      { ref, mayStart: false, events: [event('1')] },
      { ref: other, mayStart: false, events: [event('2')] },
    ]);
    roster.hold(ref).awaitsStartUntil = 1;
    settlings.giveUpStarts();
    await settlings.settle();
    expect(calls).toEqual([[{ why: 'early', ref, events: [event('1')] }]]);
    expect(roster.withEvents().map((held) => held.ref)).toEqual([other]);
  });

  test('bug: was passed by a start and what followed it, which came while the store was given what had waited for it', async () => {
    const { roster, settlings } = host(() => {
      roster.receive([{ ref, mayStart: true, events: [counterEvent('start', 'CountBegun'), event('4')] }]);
    });
    const early = [event('1', 200 * 1024), event('2', 200 * 1024), event('3')]; // more than one call takes
    roster.receive([{ ref, mayStart: false, events: early }]);
    roster.hold(ref).awaitsStartUntil = 1;
    settlings.giveUpStarts();
    await settlings.settle();
    const [held] = roster.takeReady(10);
    expect(held && roster.need(held)).toBe('start');
    expect(held && roster.takeBatch(held).map(({ eventId }) => eventId)).toEqual(['start', '1', '2', '3', '4']);
  });

  test('stays with the store if nothing came for its journey meanwhile, or if it is for others', async () => {
    const { roster, settlings } = host(() => {
      roster.receive([{ ref: other, mayStart: true, events: [event('4')] }]);
    });
    const other = { ...ref, subject: 'c/test/b' };
    settlings.addAll(roster.hold(ref), 'early', [event('1')]);
    settlings.addAll(roster.hold(other), 'foreign', [event('2')]);
    settlings.add(roster.hold(other), 'closed', [event('3')]);
    await settlings.settle();
    expect(roster.withEvents().map((held) => [held.ref, held.front, held.inbox.size])).toEqual([[other, [], 1]]);
  });
});
