import { createStore } from './create-store';
import type { Store } from './store';
import { appendRequest, deliveredEvent, nextAppend, subjectRef } from './test/samples';
import { type FreshDatabase, freshDatabase } from './testing';
import type { LedgerRow, LedgerVerdict } from './types';

let database: FreshDatabase;
let store: Store;
let now: Date;

beforeEach(async () => {
  now = new Date('2026-03-01T09:00:00.000Z');
  database = await freshDatabase();
  store = createStore({ pool: database.pool, clock: { now: () => now } });
});

afterEach(async () => {
  await store?.close();
  await database?.drop();
});

const row = (offset: number, changes: Partial<LedgerRow> = {}): LedgerRow => ({
  topic: 'commerce.orders.events',
  partition: 0,
  offset: String(offset),
  eventId: `e${offset}`,
  eventType: 'OrderPlaced',
  tenantId: 'acme',
  readAt: '2026-03-01T09:00:00.000Z',
  verdicts: [{ subject: 'orderSaga/acme/o-1', verdict: 'delivered' }],
  ...changes,
});
const verdict = (kind: LedgerVerdict, subject = 'orderSaga/acme/o-1') => [{ subject, verdict: kind }];
const partitions = async () => {
  const { rows } = await database.pool.query<{ name: string }>(
    `select relname as name from pg_inherits join pg_class on oid = inhrelid
    where inhparent = 'millrace.ledger'::regclass order by relname`,
  );
  return rows.map(({ name }) => name);
};

describe('the ledger', () => {
  it('keeps a row per record, and says where an event went', async () => {
    const rows = [
      row(1, { verdicts: [...verdict('delivered'), { subject: null, verdict: 'dead', cause: 'schema-violation' }] }),
      row(2),
    ];
    await store.ledger.write(rows);
    await store.ledger.write([]);
    expect(await store.ledger.byEvent('acme', 'e1')).toEqual([rows[0]]);
    expect(await store.ledger.byEvent('other', 'e1')).toEqual([]);
    expect(await store.ledger.byEvent('acme', 'e9')).toEqual([]);
  });

  it('takes the later verdict of a record that was read again, unless it hides the first', async () => {
    await store.ledger.write([
      row(1, { verdicts: verdict('parked') }),
      row(2),
      row(3, { verdicts: verdict('duplicate') }),
    ]);
    await store.ledger.write([row(1), row(1), row(2, { verdicts: verdict('duplicate') }), row(3)]);
    expect((await store.ledger.byEvent('acme', 'e1'))[0]?.verdicts).toEqual(verdict('delivered'));
    expect((await store.ledger.byEvent('acme', 'e2'))[0]?.verdicts).toEqual(verdict('delivered'));
    expect((await store.ledger.byEvent('acme', 'e3'))[0]?.verdicts).toEqual(verdict('delivered'));
    expect(await store.ledger.summary()).toEqual({ records: 3, delivered: 3 });
  });

  it('counts a record once that was read on two days', async () => {
    await store.ledger.write([row(1)]);
    await store.ledger.write([row(1, { readAt: '2026-03-02T00:00:01.000Z' })]);
    expect(await store.ledger.byEvent('acme', 'e1')).toHaveLength(1);
    expect(await store.ledger.summary()).toEqual({ records: 1, delivered: 1 });
  });

  it('counts deliveries of an event to one subject beyond the first as duplicates', async () => {
    const other = verdict('delivered', 'appointmentJourney/acme/o-1');
    await store.ledger.write([
      row(1, { eventId: 'same' }),
      row(2, { eventId: 'same' }),
      row(3, { eventId: 'same', verdicts: other }),
      row(4, { eventId: 'same', tenantId: 'else' }),
      row(5, { eventId: 'same', verdicts: verdict('duplicate') }),
      row(6, { eventId: null, tenantId: null, verdicts: [{ subject: null, verdict: 'dead' }] }),
      row(7, { eventId: null, tenantId: null, verdicts: [{ subject: null, verdict: 'dead' }] }),
      row(8, { verdicts: [] }),
    ]);
    expect(await store.ledger.summary()).toEqual({ records: 8, delivered: 3, duplicate: 2, dead: 2 });
  });

  it('writes a row for whatever came in', async () => {
    const long = 'x'.repeat(10_000);
    await store.ledger.write([
      row(1, {
        eventId: 'a\0b',
        eventType: '\uD83D',
        tenantId: 'acme',
        verdicts: [{ subject: null, verdict: 'dead', cause: '\0' }],
      }),
      row(2, { eventId: long, tenantId: long, eventType: long }),
    ]);
    expect(await store.ledger.byEvent('acme', 'a\0b')).toMatchObject([
      { eventType: '\uFFFD', verdicts: [{ cause: '\uFFFD' }] },
    ]);
    expect(await store.ledger.byEvent(long, long)).toHaveLength(1);
  });

  it('makes partitions ahead, drops those past the retention, and misses none when writing', async () => {
    await store.ledger.write([
      row(1, { readAt: '2026-02-01T23:59:59.999Z' }),
      row(2, { readAt: '2026-02-26T00:00:00.000Z' }),
    ]);
    await store.ledger.maintain(3);
    expect(await partitions()).toEqual(['ledger_20260226', 'ledger_20260301', 'ledger_20260302']);
    await store.ledger.maintain(3);
    now = new Date('2026-03-04T00:00:00.000Z');
    const other = createStore({ pool: database.pool, clock: { now: () => now } });
    await other.ledger.maintain(1);
    expect(await partitions()).toEqual(['ledger_20260304', 'ledger_20260305']);
    // `store` still takes the dropped one for there.
    await store.ledger.write([row(9, { readAt: '2026-03-01T10:00:00.000Z' })]);
    expect(await store.ledger.byEvent('acme', 'e9')).toHaveLength(1);
    await other.close();
  });

  it('makes a partition once when several write the first rows of a day', async () => {
    const stores = Array.from({ length: 4 }, () => createStore({ pool: database.pool }));
    await Promise.all(stores.map((each, nth) => each.ledger.write([row(nth), row(nth + 1), row(nth + 2)])));
    expect(await store.ledger.summary()).toEqual({ records: 6, delivered: 6 });
    await Promise.all(stores.map((each) => each.close()));
  });

  it('passes on why PostgreSQL refused', async () => {
    await expect(store.ledger.write([row(1, { offset: 'x' })])).rejects.toMatchObject({ code: 'refused-by-database' });
  });
});

describe('the report', () => {
  it('counts what the store knows, of all or of some tenants', async () => {
    const [a, b, c] = [subjectRef('a', 'demo-1'), subjectRef('b', 'demo-2'), subjectRef('c', 'else')];
    for (const ref of [a, b, c]) await store.append(appendRequest(ref));
    await store.append({
      ...nextAppend(a, 1),
      late: [deliveredEvent(a, 'l1')],
      after: { stage: 'completed', state: null, machineVersion: 1, closed: true },
    });
    await store.settleForeign(b, [deliveredEvent(b, 'p1'), deliveredEvent(b, 'p2')]);
    await store.ledger.write([
      row(1, { tenantId: 'demo-1', eventId: 'same' }),
      row(2, { tenantId: 'demo-1', eventId: 'same' }),
      row(3, { tenantId: 'else', verdicts: verdict('ignored') }),
      row(4, { tenantId: null, eventId: null, verdicts: verdict('dead') }),
    ]);
    expect(await store.report()).toEqual({
      records: 4,
      transitions: 4,
      late: 1,
      streams: [
        { target: 'orderSaga', status: 'closed', stage: 'completed', streams: 1 },
        { target: 'orderSaga', status: 'open', stage: 'placed', streams: 2 },
      ],
      deliveries: { delivered: 1, ignored: 1, parked: 0, late: 0, duplicate: 1, dead: 1 },
      parkedLanes: 1,
      parkedEvents: 2,
      deadLetters: 0,
    });
    expect(await store.report({ tenantPrefix: 'demo-' })).toMatchObject({
      records: 2,
      transitions: 3,
      late: 1,
      deliveries: { delivered: 1, duplicate: 1, dead: 0 },
      parkedEvents: 2,
    });
    expect(await store.report({ since: '2999-01-01T00:00:00.000Z' })).toMatchObject({
      records: 0,
      transitions: 0,
      streams: [],
      deliveries: { delivered: 0 },
      parkedLanes: 0,
    });
  });
});
