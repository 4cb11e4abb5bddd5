import { randomBytes, randomUUID } from 'node:crypto';
import {
  AppointmentRescheduled,
  AppointmentScheduled,
  type Envelope,
  encode,
  newEvent,
  OrderCancelled,
  PaymentSettled,
  registry,
  TransitionRecorded,
} from '@millrace/events';
import { deadLetterTopic, type IncomingRecord } from '@millrace/kafka';
import { orderPlaced } from '../../infra/demo/order-scripts';
import { disagreements } from '../../infra/reconcile/verdict';
import { eventually } from '../support/eventually';
import { type ObservedPlatform, startObservedPlatform } from '../support/observed-platform';

jest.setTimeout(60_000);

const ORDERS = 'commerce.orders.events';
const tenantId = `acme-${randomBytes(3).toString('hex')}`;
const sagaOf = (orderId: string) => `orderSaga/${tenantId}/${orderId}`;

let observed: ObservedPlatform;
let platform: ObservedPlatform['platform'];
let observer: ObservedPlatform['observer'];
let client: ObservedPlatform['client'];
let number = 0;
const nextId = (kind = 'order') => {
  number += 1;
  return `${kind}-${number}`;
};

beforeAll(async () => {
  observed = await startObservedPlatform({ ORDER_PAYMENT_DEADLINE_MS: '15000', BRIDGE_SWEEP_MS: '300' });
  ({ platform, observer, client } = observed);
}, 120_000);
afterAll(() => observed?.stop(), 60_000);

const send = (event: Envelope) => observer.publisher.publishEvent(event);
const stageIs = (subject: string, ...stages: string[]) => observed.stageIs(subject, ...stages);
const ledgerShows = (eventId: string, records: number) =>
  eventually(
    `${records} records of ${eventId} in the ledger`,
    async () => (await observer.store.ledger.byEvent(tenantId, eventId)).length >= records,
  );

async function wholeTopic(topic: string): Promise<IncomingRecord[]> {
  const records: IncomingRecord[] = [];
  for (const { partition, offset } of await observer.admin.endOffsets(topic)) {
    for await (const record of observer.driver.readRange(topic, partition, 0n, offset)) records.push(record);
  }
  return records;
}
const publishedOf = async (subject: string) =>
  (await wholeTopic('commerce.orders.transitions')).flatMap((record) => {
    const decoded = registry.decode(record);
    if (!decoded.ok) return [];
    const data = TransitionRecorded.data.parse(decoded.event.data);
    return data.subject === subject ? [{ record, data, event: decoded.event }] : [];
  });

describe('an event takes effect once', () => {
  it('at another offset while its subject is open, and after its close', async () => {
    const orderId = nextId();
    const event = orderPlaced({ tenantId, orderId, customerId: 'cust-slow' });
    await send(event);
    await stageIs(sagaOf(orderId), 'stock-reserved');
    await send(event);
    const { version } = await stageIs(sagaOf(orderId), 'completed');
    await send(event);
    await ledgerShows(event.eventId, 3);
    expect(await stageIs(sagaOf(orderId), 'completed')).toMatchObject({ version });
    expect((await observer.store.report({ tenantPrefix: tenantId })).late).toBe(0);
  });

  it('after its workflow was deleted from Temporal', async () => {
    const orderId = nextId();
    const event = orderPlaced({ tenantId, orderId });
    await send(event);
    const { version } = await stageIs(sagaOf(orderId), 'completed');
    await client.workflow.getHandle(sagaOf(orderId)).result();
    await client.workflowService.deleteWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: sagaOf(orderId) },
    });
    await eventually('the workflow is deleted', () =>
      client.workflow
        .getHandle(sagaOf(orderId))
        .describe()
        .then(
          () => false,
          () => true,
        ),
    );
    await send(event);
    const again = client.workflow.getHandle(sagaOf(orderId));
    await eventually('a second chain starts', () =>
      again.describe().then(
        () => true,
        () => false,
      ),
    );
    expect(await again.result()).toBe('foreign');
    expect(await stageIs(sagaOf(orderId), 'completed')).toMatchObject({ version });
  });

  it('and is late under a new id, with a dead letter that says so', async () => {
    const orderId = nextId();
    await send(orderPlaced({ tenantId, orderId }));
    await stageIs(sagaOf(orderId), 'completed');
    const second = orderPlaced({ tenantId, orderId });
    await send(second);
    const letter = await eventually('a dead letter', async () =>
      (await wholeTopic(deadLetterTopic(ORDERS))).find(({ headers }) => headers['event-id'] === second.eventId),
    );
    expect(letter.headers['x-error-code']).toBe('late');
    expect(await observer.store.streams.late(sagaOf(orderId))).toMatchObject([{ eventId: second.eventId }]);
  });
});

describe('order', () => {
  it('is kept per key, from the offsets into the stream and out of the relay', async () => {
    const appointmentId = nextId('appointment');
    const startsAtLocal = '2031-03-01T09:00:00';
    const about = { tenantId, aggregateId: appointmentId };
    await send(
      newEvent(AppointmentScheduled, {
        ...about,
        data: {
          appointmentId,
          patientId: 'p',
          practitionerId: 'd',
          startsAtLocal,
          timeZone: 'Europe/Berlin',
          durationMinutes: 30,
        },
      }),
    );
    const moves = Array.from({ length: 150 }, (_, minute) =>
      newEvent(AppointmentRescheduled, {
        ...about,
        data: {
          appointmentId,
          startsAtLocal: `2031-03-02T${String(9 + Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00`,
          timeZone: 'Europe/Berlin',
        },
      }),
    );
    const places = await Promise.all(moves.map(send));
    const inOffsetOrder = moves
      .map((event, index) => ({ event, offset: places[index]?.offset ?? 0n }))
      .sort((a, b) => Number(a.offset - b.offset));
    const subject = `appointmentJourney/${tenantId}/${appointmentId}`;
    await eventually(
      'all moves are recorded',
      async () => ((await observer.store.streams.get(subject))?.version ?? 0) >= 151,
    );
    const transitions = await observer.store.streams.transitions(subject, 1);
    expect(transitions.flatMap(({ causes }) => causes)).toEqual(inOffsetOrder.map(({ event }) => event.eventId));
  });

  it('holds for an early event: a payment waits for its order', async () => {
    const orderId = nextId();
    const placed = orderPlaced({ tenantId, orderId, customerId: 'cust-silent' });
    const paymentId = `early-${orderId}`;
    const settled = newEvent(PaymentSettled, {
      tenantId,
      aggregateId: paymentId,
      data: { paymentId, orderId, amountCents: placed.data.totalCents, currency: 'EUR' },
    });
    await send(settled);
    await eventually(
      'the lane is parked',
      async () => (await observer.store.parking.parked([sagaOf(orderId)])).size > 0,
    );
    await send(placed);
    await stageIs(sagaOf(orderId), 'completed');
    expect((await observer.store.parking.parked([sagaOf(orderId)])).size).toBe(0);
  });

  it('keeps two tenants with one order id apart', async () => {
    const orderId = nextId();
    const other = `${tenantId}-other`;
    await Promise.all([
      send(orderPlaced({ tenantId, orderId })),
      send(orderPlaced({ tenantId: other, orderId, customerId: 'cust-declined' })),
    ]);
    await stageIs(sagaOf(orderId), 'completed');
    await stageIs(`orderSaga/${other}/${orderId}`, 'cancelled');
  });
});

describe('a bad record becomes a dead letter with its cause and place, and what follows it flows', () => {
  const altered = (change: Record<string, unknown>): Buffer =>
    Buffer.from(
      JSON.stringify({ ...JSON.parse(String(encode(orderPlaced({ tenantId, orderId: 'bad' })).value)), ...change }),
    );
  const huge = { metadata: { padding: 'x'.repeat(400_000) } };
  it.each<[string, () => Buffer | null]>([
    ['malformed-json', () => Buffer.from('{"eventId": "oo')],
    ['unknown-type', () => altered({ eventType: 'OrderTeleported' })],
    ['unknown-version', () => altered({ eventVersion: '99.0' })],
    ['schema-violation', () => altered({ data: { orderId: 'bad', lines: 'none' } })],
    ['not-an-envelope', () => Buffer.from('{"hello": "world"}')],
    ['oversized', () => altered(huge)],
    ['too-deep', () => Buffer.from('['.repeat(50_000) + ']'.repeat(50_000))],
    ['empty', () => null],
  ])('%s', async (code, value) => {
    const orderId = nextId();
    const place = await observer.publisher.publishRecord({ topic: ORDERS, key: orderId, value: value(), headers: {} });
    await observer.publisher.publishRecord({
      ...encode(orderPlaced({ tenantId, orderId })),
      partition: place.partition,
    });
    await stageIs(sagaOf(orderId), 'completed');
    const letter = (await wholeTopic(deadLetterTopic(ORDERS))).find(
      ({ headers }) =>
        headers['x-original-offset'] === String(place.offset) &&
        headers['x-original-partition'] === String(place.partition),
    );
    expect(letter?.headers).toMatchObject({ 'x-error-code': code, 'x-original-topic': ORDERS });
    const listed = await eventually('the API lists it', async () => {
      const response = await fetch(`${platform.apiUrl}/v1/dead-letters?cause=${code}`);
      const text = await response.text();
      return text.includes(`"${place.offset}"`) && text;
    });
    expect(listed).toContain(code);
  });
});

describe('what other programs send', () => {
  it('runs an order that came as a CloudEvent of version 1.0 with a decimal total', async () => {
    const orderId = nextId();
    const cloudEvent = {
      specversion: '1.0',
      id: randomUUID(),
      source: '/shop/checkout',
      type: 'OrderPlaced',
      time: new Date().toISOString(),
      subject: orderId,
      datacontenttype: 'application/json',
      eventversion: '1.0',
      aggregatetype: 'Order',
      tenantid: tenantId,
      correlationid: randomUUID(),
      data: {
        orderId,
        customerId: 'cust-1',
        currency: 'EUR',
        lines: [{ sku: 'SKU-PEN', quantity: 2, unitPrice: 9.99 }],
        total: 19.98,
        shipTo: { country: 'DE' },
      },
    };
    await observer.publisher.publishRecord({
      topic: ORDERS,
      key: orderId,
      value: Buffer.from(JSON.stringify(cloudEvent)),
      headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' },
    });
    const row = await stageIs(sagaOf(orderId), 'completed');
    const [placed] = await observer.store.streams.transitions(row.subject);
    expect(placed?.data).toMatchObject({ totalCents: 1998 });
  });

  it('carries the trace from the event to the published transitions', async () => {
    const orderId = nextId();
    const traceId = randomBytes(16).toString('hex');
    await observer.publisher.publishEvent(orderPlaced({ tenantId, orderId }), {
      traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
    });
    await stageIs(sagaOf(orderId), 'completed');
    const published = await eventually('the last transition is on Kafka', async () => {
      const all = await publishedOf(sagaOf(orderId));
      return all.some(({ data }) => data.to === 'completed') && all;
    });
    expect(published.map(({ record }) => record.headers['traceparent']?.slice(3, 35))).toEqual(
      published.map(() => traceId),
    );
    expect(published.map(({ record }) => record.key)).toEqual(published.map(() => orderId));
  });
});

describe('the API', () => {
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${platform.apiUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('takes an event, shows what became of it, and takes it once under one idempotency key', async () => {
    const orderId = nextId();
    const { eventId: _id, ...event } = orderPlaced({ tenantId, orderId });
    const key = { 'idempotency-key': randomUUID() };
    const first = await post('/v1/events', event, key);
    expect(first.status).toBe(202);
    expect((await post('/v1/events', event, key)).status).toBe(202);
    const row = await stageIs(sagaOf(orderId), 'completed');
    expect(row.version).toBe(4);
    const shown: { stage?: unknown; history?: { causes: { eventType: string }[] }[] } = JSON.parse(
      await (await fetch(`${platform.apiUrl}/v1/workflows/${encodeURIComponent(sagaOf(orderId))}`)).text(),
    );
    expect(shown.stage).toBe('completed');
    expect(shown.history?.[0]?.causes[0]?.eventType).toBe('OrderPlaced');
  });

  it.each<[string, () => unknown, RegExp]>([
    ['malformed JSON', () => '{"eventId": ', /json/i],
    [
      'an unknown type',
      () => ({ ...orderPlaced({ tenantId, orderId: 'x' }), eventType: 'OrderTeleported' }),
      /eventType|OrderTeleported/,
    ],
    [
      'an unknown version',
      () => ({ ...orderPlaced({ tenantId, orderId: 'x' }), eventVersion: '99.0' }),
      /eventVersion|99\.0/,
    ],
    [
      'a schema violation',
      () => ({ ...orderPlaced({ tenantId, orderId: 'x' }), data: { orderId: 'x' } }),
      /customerId/,
    ],
    [
      'an oversized event',
      () => ({ ...orderPlaced({ tenantId, orderId: 'x' }), metadata: { padding: 'x'.repeat(400_000) } }),
      /large|size|bytes/i,
    ],
  ])('refuses %s and names what is wrong', async (_what, body, named) => {
    const response = await post('/v1/events', body());
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.text()).toMatch(named);
  });

  it('lets an operator retry and give up what is stuck, once', async () => {
    const retried = nextId();
    const sku = `SKU-STUCK-ONCE-${retried}`;
    await send(orderPlaced({ tenantId, orderId: retried, sku, country: 'XX' }));
    const { version } = await stageIs(sagaOf(retried), 'stuck');
    const decide = (stuckVersion: number, decision: string) =>
      post(`/v1/workflows/${encodeURIComponent(sagaOf(retried))}/decisions`, { decision, stuckVersion });
    expect((await decide(version - 1, 'retry')).status).toBe(409);
    expect((await decide(version, 'retry')).status).toBe(202);
    const again = await eventually('stuck again, for nothing was mended', async () => {
      const row = await observer.store.streams.get(sagaOf(retried));
      return row?.stage === 'stuck' && row.version > version && row;
    });
    expect((await decide(again.version, 'give-up')).status).toBe(202);
    await stageIs(sagaOf(retried), 'abandoned');
  });

  it('answers readiness by dependency and metrics in Prometheus text', async () => {
    const ready = await (await fetch(`${platform.apiUrl}/readyz`)).text();
    for (const name of ['kafka', 'temporal', 'postgresql']) expect(ready).toContain(name);
    expect(await (await fetch(`${platform.apiUrl}/metrics`)).text()).toContain('http_server_request_duration_seconds');
  });
});

describe('a cancellation', () => {
  it('while the payment is awaited undoes last-first and leaves nothing in force', async () => {
    const orderId = nextId();
    await send(orderPlaced({ tenantId, orderId, customerId: 'cust-slow' }));
    await stageIs(sagaOf(orderId), 'stock-reserved');
    await send(newEvent(OrderCancelled, { tenantId, aggregateId: orderId, data: { orderId } }));
    await stageIs(sagaOf(orderId), 'cancelled');
  });
});

describe('in the end', () => {
  it('Kafka, the store and the services agree', async () => {
    await observer.settle({ limitMs: 60_000, quietMs: 3_000 });
    const facts = await observer.facts([]);
    expect(disagreements(facts)).toEqual([]);
    expect(facts.streams.length).toBeGreaterThan(15);
  }, 90_000);
});
