import { cancelled, placed, settled } from '../testing/events';
import { Inbox } from './inbox';
import { SagaEvents } from './saga-events';

const [start, again, payment, cancel] = [placed('o'), placed('o'), settled('o'), cancelled('o')];

describe('saga events', () => {
  const setUp = () => {
    const inbox = new Inbox({ maxIds: 100 });
    inbox.receive([start, payment, again, cancel]);
    return new SagaEvents(inbox);
  };

  test('name what was taken as the causes of the next move, with the version that it met', () => {
    const events = setUp();
    expect(events.has(['OrderPlaced'])).toBe(true);
    expect(events.take(['OrderPlaced'], 0)).toBe(start);
    expect(events.take(['PaymentSettled'], 2)).toBe(payment);
    expect(events.take(['PaymentSettled'], 2)).toBeUndefined();
    expect(events.forMove()).toEqual({
      causes: [start.eventId, payment.eventId],
      consumed: [
        { eventId: start.eventId, version: 0 },
        { eventId: payment.eventId, version: 2 },
      ],
      notes: [],
      moreNotes: 0,
      events: [start, payment],
    });
    events.moveRecorded();
    expect(events.unrecorded).toEqual([]);
  });

  test('consume what was only noted with the next move, without naming it a cause', () => {
    const events = setUp();
    events.take(['OrderPlaced'], 0);
    events.note(['OrderPlaced'], 0, 'a second one');
    const { causes, consumed, notes } = events.forMove();
    expect(causes).toEqual([start.eventId]);
    expect(consumed).toHaveLength(2);
    expect(notes).toEqual([{ eventId: again.eventId, eventType: 'OrderPlaced', note: 'a second one' }]);
    events.moveRecorded();
    expect(events.forMove().notes).toEqual([]);
  });

  test('can be recorded without a move, and are told with the next one', () => {
    const events = setUp();
    events.take(['PaymentSettled'], 1);
    events.note(['OrderCancelled'], 1, 'too late');
    expect(events.hasNotes).toBe(true);
    expect(events.consumedNotes()).toEqual([{ eventId: cancel.eventId, version: 1 }]);
    events.notesRecorded();
    expect(events.hasNotes).toBe(false);
    const { consumed, notes, causes } = events.forMove();
    expect(consumed).toEqual([{ eventId: payment.eventId, version: 1 }]);
    expect(causes).toEqual([payment.eventId]);
    expect(notes).toEqual([{ eventId: cancel.eventId, eventType: 'OrderCancelled', note: 'too late' }]);
  });

  test('turn a cause that causes nothing into a note', () => {
    const events = setUp();
    const taken = events.take(['OrderCancelled'], 3);
    if (taken) events.demote(taken, 'answers another');
    const { causes, consumed, notes } = events.forMove();
    expect(causes).toEqual([]);
    expect(consumed).toEqual([{ eventId: cancel.eventId, version: 3 }]);
    expect(notes).toMatchObject([{ note: 'answers another' }]);
  });

  test('fit into one append and one move, however many come', () => {
    const inbox = new Inbox({ maxIds: 20_000 });
    inbox.receive(Array.from({ length: 1_200 }, () => placed('o')));
    const events = new SagaEvents(inbox);
    const consumedAtOnce: number[] = [];
    for (events.note(['OrderPlaced'], 1, 'again'); events.hasNotes; events.note(['OrderPlaced'], 1, 'again')) {
      consumedAtOnce.push(events.consumedNotes().length);
      events.notesRecorded();
    }
    expect(consumedAtOnce).toEqual([500, 500, 200]);
    const { notes, moreNotes } = events.forMove();
    expect(notes).toHaveLength(100);
    expect(moreNotes).toBe(1_100);
    events.moveRecorded();
    expect(events.forMove()).toMatchObject({ notes: [], moreNotes: 0 });
  });
});
