import { createGate } from './gate';
import { createLedgerBook } from './ledger-book';
import { createParkedLookup } from './parked-lookup';
import { planFor } from './plan';
import { recordOf } from './testing/bridge-parts';

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
      2,
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
