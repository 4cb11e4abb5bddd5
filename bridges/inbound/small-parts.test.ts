import type { OutgoingRecord } from '@millrace/kafka';
import { noBridgeMetrics } from '../metrics';
import { createDeadLetters } from './dead-letters';
import { createGate } from './gate';
import { createLedgerBook } from './ledger-book';
import { createParkedLookup } from './parked-lookup';
import { planFor } from './plan';
import { recordOf, settled } from './testing/bridge-parts';

describe('a gate', () => {
  it('lets so many in at a time, the others in their order, also after a failure', async () => {
    const gate = createGate(2);
    const entered: number[] = [];
    const leave: (() => void)[] = [];
    const work = (nth: number) => () =>
      new Promise<void>((resolve, reject) => {
        entered.push(nth);
        leave.push(nth === 0 ? () => reject(new Error('failed')) : resolve);
      });
    const all = [0, 1, 2, 3].map((nth) => gate(work(nth)).catch(() => undefined));
    await Promise.resolve();
    expect(entered).toEqual([0, 1]);
    for (let nth = 0; nth < 4; nth += 1) {
      leave[nth]?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(all);
    expect(entered).toEqual([0, 1, 2, 3]);
    await expect(gate(async () => 'free again')).resolves.toBe('free again');
  });
});

describe('the look-up of parked lanes', () => {
  it('asks once for what is asked together, in bounded questions', async () => {
    const asked: string[][] = [];
    const isParked = createParkedLookup(
      {
        parked: async (subjects) => {
          asked.push([...subjects]);
          return new Set(['b']);
        },
      },
      { maxSubjects: 2 },
    );
    await expect(Promise.all(['a', 'b', 'c'].map(isParked))).resolves.toEqual([false, true, false]);
    expect(asked).toEqual([['a', 'b'], ['c']]);
  });

  it('fails for everybody who asked, and asks anew', async () => {
    let away = true;
    const isParked = createParkedLookup({
      parked: async () => {
        if (away) throw new Error('away');
        return new Set();
      },
    });
    await expect(Promise.allSettled([isParked('a'), isParked('b')])).resolves.toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ]);
    away = false;
    await expect(isParked('a')).resolves.toBe(false);
  });
});

describe('the ledger book', () => {
  const plan = (record: ReturnType<typeof recordOf>) =>
    planFor(
      record,
      () => ({ ok: false, fault: { code: 'empty', message: 'x', eventId: 'e', tenantId: 't' } }),
      () => [],
    );

  it('has one row per record, with the last word on each subject', () => {
    const book = createLedgerBook();
    const record = recordOf('orders');
    book.open(record, plan(record), '2026-03-01T00:00:00.000Z');
    book.note(record, 's1', 'parked', 'early');
    book.note(record, 's1', 'delivered');
    book.note(record, 's2', 'late', 'closed');
    expect(book.rows([record])).toEqual([
      {
        topic: 'orders',
        partition: 0,
        offset: String(record.offset),
        eventId: 'e',
        eventType: null,
        tenantId: 't',
        readAt: '2026-03-01T00:00:00.000Z',
        verdicts: [
          { subject: 's1', verdict: 'delivered' },
          { subject: 's2', verdict: 'late', cause: 'closed' },
        ],
      },
    ]);
  });

  it('says nothing of records that it does not know', () => {
    const book = createLedgerBook();
    const record = recordOf('orders');
    book.note(record, null, 'dead', 'empty');
    expect(book.rows([record])).toEqual([]);
  });
});

describe('dead letters out of a parked lane', () => {
  it('go to the dead letters of the topic they came in, or of their type, as if they were records', async () => {
    const published: OutgoingRecord[] = [];
    const counted: string[] = [];
    const deadLetters = createDeadLetters({
      publisher: {
        async publishRecord(record) {
          published.push(record);
          return { topic: record.topic, partition: 0, offset: 0n };
        },
      },
      groupId: 'bridge',
      metrics: { ...noBridgeMetrics, deadLettered: (topic, cause) => counted.push(`${topic} ${cause}`) },
    });
    const { event } = settled();
    const source = { topic: 'elsewhere', partition: 7, offset: '9' };
    await deadLetters.buryEvents([{ ...event, source }, event], { code: 'never-started', message: 'nobody' });
    expect(published).toMatchObject([
      {
        topic: 'elsewhere.dlq',
        headers: { 'x-original-partition': '7', 'x-original-offset': '9', 'x-error-class': 'permanent' },
      },
      {
        topic: 'commerce.payments.events.dlq',
        headers: { 'x-error-code': 'never-started', 'event-id': event.eventId },
      },
    ]);
    expect(counted).toEqual(['elsewhere never-started', 'commerce.payments.events never-started']);
  });
});
