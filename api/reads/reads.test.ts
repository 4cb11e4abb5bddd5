import type { DeliveredEvent, LedgerRow, ParkedLane } from '../../store/types';
import { consumedBy } from '../testing/memory-store';
import { streamRow, transition } from '../testing/samples';
import { type StartedApi, startApi } from '../testing/start-api';

let started: StartedApi;
const get = (path: string) => started.call('GET', path);
const idsOf = (items: readonly { id: string }[]) => items.map(({ id }) => id);

beforeEach(async () => {
  started = await startApi();
});
afterEach(() => started.stop());

const subject = 'orderSaga/acme/o 1/ü';
const encoded = encodeURIComponent(subject);

const ledgerRow = (eventId: string, more: Partial<LedgerRow> = {}): LedgerRow & { eventId: string } => ({
  topic: 'commerce.orders.events',
  partition: 1,
  offset: '9007199254740993',
  eventType: 'OrderPlaced',
  tenantId: 'acme',
  readAt: '2026-03-01T09:00:00.000Z',
  verdicts: [{ subject, verdict: 'delivered' }],
  ...more,
  eventId,
});

const lateEvent = (eventId: string): DeliveredEvent => ({
  eventId,
  eventType: 'OrderCancelled',
  eventVersion: '1.0',
  eventTime: '2026-03-01T10:00:00.000Z',
  aggregateId: 'o 1/ü',
  aggregateType: 'Order',
  tenantId: 'acme',
  correlationId: 'corr-1',
  data: { orderId: 'o 1/ü' },
  source: { topic: 'commerce.orders.events', partition: 1, offset: '12' },
});

const lane = (key: string, tenantId: string): ParkedLane => ({
  subject: `orderSaga/${tenantId}/${key}`,
  target: 'orderSaga',
  tenantId,
  key,
  cause: 'early',
  parkedAt: '2026-03-01T09:00:00.000Z',
  events: 1,
});

describe('GET /v1/workflows/:id', () => {
  it('links a pooled journey to the host that runs it', async () => {
    const { store } = started;
    const row = streamRow('pooled', { chain: 'appointmentJourney/host-3' });
    store.rows.push(row);
    const { body } = await get(`/v1/workflows/${encodeURIComponent(row.subject)}`);
    expect(body.links.webUi).toMatch(/\/workflows\/appointmentJourney%2Fhost-3$/);
  });

  it('shows state, history with resolved causes, late events and the way to the Web UI', async () => {
    const { store } = started;
    store.rows.push(streamRow('o 1/ü', { version: 2 }));
    store.history.set(subject, [
      transition(subject, 1, { causes: ['e-1'] }),
      transition(subject, 2, { reason: 'because' }),
    ]);
    store.lateEvents.set(subject, [lateEvent('e-9')]);
    store.read.push(ledgerRow('e-1'), ledgerRow('e-1', { offset: '77' }), ledgerRow('e-1', { tenantId: 'globex' }));
    const { status, body } = await get(`/v1/workflows/${encoded}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: subject,
      stage: 'stock-reserved',
      state: { at: 'stock-reserved' },
      parked: false,
    });
    expect(body.links.webUi).toBe(`http://127.0.0.1:8233/namespaces/default/workflows/${encoded}`);
    expect(body.history).toEqual([
      expect.objectContaining({
        version: 1,
        causes: [
          {
            eventId: 'e-1',
            eventType: 'OrderPlaced',
            records: [
              expect.objectContaining({ topic: 'commerce.orders.events', partition: 1, offset: '9007199254740993' }),
              expect.objectContaining({ offset: '77' }),
            ],
          },
        ],
      }),
      expect.objectContaining({ version: 2, causes: [], reason: 'because' }),
    ]);
    expect(body.late).toEqual([
      expect.objectContaining({
        eventId: 'e-9',
        source: { topic: 'commerce.orders.events', partition: 1, offset: '12' },
      }),
    ]);
  });

  it('keeps to the newest transitions of a long history', async () => {
    started.store.rows.push(streamRow('o-1', { version: 450 }));
    const long = 'orderSaga/acme/o-1';
    started.store.history.set(
      long,
      Array.from({ length: 450 }, (_, at) => transition(long, at + 1)),
    );
    const { body } = await get(`/v1/workflows/${encodeURIComponent(long)}`);
    expect(body.historyTruncated).toBe(true);
    expect(body.history.at(0).version).toBe(251);
    expect(body.history.at(-1).version).toBe(450);
  });

  it('answers 404 for the unknown, and says so when its events wait parked', async () => {
    started.store.lanes.push(lane('early', 'acme'));
    expect(await get('/v1/workflows/orderSaga%2Facme%2Fnone')).toMatchObject({
      status: 404,
      body: { code: 'not-found' },
    });
    const early = await get('/v1/workflows/orderSaga%2Facme%2Fearly');
    expect(early).toMatchObject({ status: 404, body: { detail: expect.stringContaining('parked') } });
  });

  it.each(['/v1/workflows/%E0%A4%A', '/v1/workflows/a%00b'])('answers 400 for %s', async (path) => {
    expect((await get(path)).status).toBe(400);
  });
});

describe('GET /v1/streams/:id/events', () => {
  it('pages through the stream in version order', async () => {
    started.store.rows.push(streamRow('o 1/ü', { version: 5 }));
    started.store.history.set(
      subject,
      [1, 2, 3, 4, 5].map((version) => transition(subject, version)),
    );
    const seen: number[] = [];
    for (let query = '?limit=2'; query !== ''; ) {
      const { body } = await get(`/v1/streams/${encoded}/events${query}`);
      seen.push(...body.items.map(({ version }: { version: number }) => version));
      query = body.next === null ? '' : `?limit=2&cursor=${body.next}`;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('GET /v1/events/:eventId', () => {
  const explain = async () => (await get('/v1/events/e-1?tenant=acme')).body;

  it('says where it was read and what it moved', async () => {
    const { store } = started;
    store.rows.push(streamRow('o 1/ü'));
    store.consumed.add(consumedBy(subject, 'e-1'));
    store.history.set(subject, [
      transition(subject, 1, { causes: ['e-1'] }),
      transition(subject, 2, { causes: ['e-2'] }),
    ]);
    store.read.push(ledgerRow('e-1'), ledgerRow('e-1', { offset: '8', verdicts: [{ subject, verdict: 'duplicate' }] }));
    expect(await explain()).toMatchObject({
      eventType: 'OrderPlaced',
      records: [{ verdicts: [{ verdict: 'delivered' }] }, { offset: '8', verdicts: [{ verdict: 'duplicate' }] }],
      subjects: [
        {
          id: subject,
          outcome: 'taken',
          stage: 'stock-reserved',
          transitions: [{ version: 1, from: null, to: 'placed' }],
        },
      ],
    });
  });

  it('tells late from taken', async () => {
    const { store } = started;
    store.rows.push(streamRow('o 1/ü', { status: 'closed' }));
    store.consumed.add(consumedBy(subject, 'e-1'));
    store.lateEvents.set(subject, [lateEvent('e-1')]);
    store.read.push(ledgerRow('e-1', { verdicts: [{ subject, verdict: 'late' }] }));
    expect((await explain()).subjects).toEqual([expect.objectContaining({ outcome: 'late', transitions: [] })]);
  });

  it.each([
    ['parked', 'parked', true],
    ['delivered', 'on-its-way', false],
    ['parked', 'on-its-way', false],
    ['ignored', 'ignored', false],
    ['dead', 'dead', false],
  ] as const)('calls an event that was %s and is not taken: %s', async (verdict, outcome, laneIsParked) => {
    started.store.read.push(ledgerRow('e-1', { verdicts: [{ subject, verdict }] }));
    if (laneIsParked) started.store.lanes.push({ ...lane('o 1/ü', 'acme'), subject });
    expect((await explain()).subjects).toEqual([expect.objectContaining({ outcome, stage: null })]);
  });

  it('asks for the tenant, and answers 404 until a bridge has read the event', async () => {
    expect(await get('/v1/events/e-1')).toMatchObject({ status: 400, body: { errors: [{ parameter: 'tenant' }] } });
    expect((await get('/v1/events/e-1?tenant=acme')).status).toBe(404);
  });
});

describe('GET /v1/parked', () => {
  it("fills a page with one tenant's lanes, however many others lie between", async () => {
    for (let at = 0; at < 30; at++) started.store.lanes.push(lane(`o-${at}`, at % 10 === 9 ? 'acme' : 'globex'));
    const { body } = await get('/v1/parked?tenant=acme&limit=3');
    expect(idsOf(body.items)).toEqual(['orderSaga/acme/o-9', 'orderSaga/acme/o-19', 'orderSaga/acme/o-29']);
    expect((await get('/v1/parked?limit=50')).body.items).toHaveLength(30);
  });

  it('says of a journey whose machine failed what it threw and which host tries again', async () => {
    const failed = { host: 'appointmentJourney/host-3', message: 'Error: no such stage' };
    started.store.lanes.push(lane('o-1', 'acme'), { ...lane('a-1', 'acme'), cause: 'machine-failed', ...failed });
    expect((await get('/v1/parked')).body.items).toMatchObject([{ host: null, message: null }, failed]);
  });

  it('names the host of a pooled subject whatever the cause', async () => {
    const host = 'appointmentJourney/host-3';
    started.store.lanes.push({ ...lane('a-1', 'acme'), cause: 'blocked', host });
    expect((await get('/v1/parked')).body.items).toMatchObject([{ cause: 'blocked', host, message: null }]);
  });
});
