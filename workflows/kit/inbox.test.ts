import fc from 'fast-check';
import { Inbox } from './inbox';
import type { WireEvent } from './wire';

const event = (eventId: string, eventType = 'Happened'): WireEvent => ({
  eventId,
  eventType,
  eventVersion: '1.0',
  eventTime: '2026-01-01T00:00:00Z',
  aggregateId: 'a',
  aggregateType: 'A',
  tenantId: 't',
  correlationId: 'c',
  data: {},
});
const ids = (events: readonly WireEvent[]): string[] => events.map(({ eventId }) => eventId);
const many = { maxIds: 1_000 };

describe('inbox', () => {
  test('hands events out in the order in which they came', () => {
    const inbox = new Inbox(many);
    inbox.receive([event('1'), event('2')]);
    inbox.receive([event('3')]);
    expect(ids(inbox.take(2))).toEqual(['1', '2']);
    expect(ids(inbox.take())).toEqual(['3']);
    expect(inbox.size).toBe(0);
  });

  test('drops an id that waits, and one that was taken', () => {
    const inbox = new Inbox(many);
    inbox.receive([event('1'), event('1')]);
    inbox.receive([event('1')]);
    expect(ids(inbox.take())).toEqual(['1']);
    inbox.receive([event('1')]);
    expect(inbox.size).toBe(0);
  });

  test('drops what somebody else keeps by now, and nothing that came meanwhile', () => {
    const inbox = new Inbox(many);
    inbox.receive([event('1'), event('2')]);
    const kept = new Set(ids(inbox.all()));
    inbox.receive([event('3')]);
    inbox.drop(kept);
    inbox.receive([event('1')]);
    expect(ids(inbox.take())).toEqual(['3']);
  });

  test('knows whether what waits is small enough to travel', () => {
    const inbox = new Inbox(many);
    expect(inbox.waitsWithin({ events: 0, characters: 0 })).toBe(true);
    inbox.receive([event('1'), { ...event('2'), data: 'x'.repeat(5_000) }]);
    expect(inbox.waitsWithin({ events: 2, characters: 6_000 })).toBe(true);
    expect(inbox.waitsWithin({ events: 1, characters: 6_000 })).toBe(false);
    expect(inbox.waitsWithin({ events: 2, characters: 5_000 })).toBe(false);
  });

  test('takes the first of some types and leaves the others in their order', () => {
    const inbox = new Inbox(many);
    inbox.receive([event('1', 'A'), event('2', 'B'), event('3', 'A'), event('4', 'B')]);
    expect(inbox.has(['B'])).toBe(true);
    expect(inbox.takeFirst(['B', 'C'])?.eventId).toBe('2');
    expect(inbox.takeFirst(['C'])).toBeUndefined();
    expect(ids(inbox.takeEvery(['A'], 1))).toEqual(['1']);
    expect(ids(inbox.takeEvery(['A'], 10))).toEqual(['3']);
    expect(inbox.takeEvery(['A'], 10)).toEqual([]);
    expect(ids(inbox.take())).toEqual(['4']);
    inbox.receive([event('2', 'B'), event('3', 'A')]);
    expect(inbox.size).toBe(0);
  });

  test('remembers a number of ids, the newest', () => {
    const inbox = new Inbox({ maxIds: 2 });
    inbox.receive([event('1'), event('2'), event('3')]);
    inbox.take();
    inbox.receive([event('2'), event('3')]);
    expect(inbox.size).toBe(0);
    inbox.receive([event('1')]);
    expect(ids(inbox.take())).toEqual(['1']);
  });

  test('remembers no more bytes than it may', () => {
    const inbox = new Inbox({ maxBytes: 100 });
    inbox.receive(Array.from({ length: 1_000 }, (_, index) => event(`event-${index}`)));
    inbox.take();
    const { recent } = inbox.carry();
    expect(JSON.stringify(recent).length).toBeLessThanOrEqual(101);
    expect(recent.at(-1)).toBe('event-999');
  });

  test('drops an id that waits even if it has no room to remember it', () => {
    const inbox = new Inbox({ maxIds: 1 });
    inbox.receive([event('1'), event('2'), event('3'), event('1'), event('2')]);
    expect(ids(inbox.take())).toEqual(['1', '2', '3']);
  });

  test('carries what waits and what it remembers into the next run', () => {
    const inbox = new Inbox(many);
    inbox.receive([event('1'), event('2'), event('3')]);
    inbox.take(1);
    const next = new Inbox(many, JSON.parse(JSON.stringify(inbox.carry())));
    next.receive([event('1'), event('3'), event('4')]);
    expect(ids(next.take())).toEqual(['2', '3', '4']);
  });

  test('hands out each id once and in order, however it is filled, emptied and carried', () => {
    const action = fc.oneof(
      fc.record({ receive: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 10 }) }),
      fc.record({ take: fc.integer({ min: 0, max: 5 }) }),
      fc.constant('carry' as const),
    );
    fc.assert(
      fc.property(fc.array(action), (actions) => {
        let inbox = new Inbox(many);
        const sent: string[] = [];
        const taken: string[] = [];
        for (const each of actions) {
          if (each === 'carry') inbox = new Inbox(many, inbox.carry());
          else if ('take' in each) taken.push(...ids(inbox.take(each.take)));
          else {
            sent.push(...each.receive.map(String));
            inbox.receive(each.receive.map((id) => event(String(id))));
          }
        }
        taken.push(...ids(inbox.take()));
        expect(taken).toEqual([...new Set(sent)]);
      }),
    );
  });
});
