import { randomUUID } from 'node:crypto';
import { registry } from '@millrace/events';
import {
  createKafkajsDriver,
  createPublisher,
  ensureTopics,
  type IncomingRecord,
  type KafkaAdmin,
  type KafkaDriver,
  type Producer,
  type Publisher,
  topicSpecs,
} from '@millrace/kafka';
import { Pool } from 'pg';
import { createStore, type Store } from '../store';
import { appendRequest, deliveredEvent, nextAppend, subjectRef } from '../store/test/samples';
import { type FreshDatabase, freshDatabase } from '../store/testing';
import { transitionId } from '../store/transition-id';
import { deadLetter, orderPlaced } from './testing/samples';
import { type StartedApi, startApi } from './testing/start-api';
import { rsaSigner } from './testing/tokens';

jest.setTimeout(60_000);

const signer = rsaSigner();
let database: FreshDatabase;
let store: Store;
let driver: KafkaDriver;
let admin: KafkaAdmin;
let producer: Producer;
let publisher: Publisher;
let started: StartedApi;

function brokers(): string[] {
  const addresses = process.env['KAFKA_BROKERS'];
  if (!addresses) throw new Error('KAFKA_BROKERS is not set: this test needs a Kafka');
  return addresses.split(',');
}

beforeAll(async () => {
  database = await freshDatabase();
  store = createStore({ pool: database.pool });
  driver = createKafkajsDriver({ brokers: brokers(), clientId: 'api-test' });
  admin = await driver.admin();
  await ensureTopics(admin, topicSpecs({ partitions: 3, replicationFactor: 1 }));
  producer = await driver.producer();
  publisher = createPublisher({ producer });
  started = await startApi({
    store,
    publisher,
    auth: signer.auth,
    environment: 'production',
    readiness: [
      { name: 'kafka', check: async () => void (await admin.endOffsets('commerce.orders.events')) },
      { name: 'postgresql', check: () => store.ping() },
    ],
  });
});

afterAll(async () => {
  await started?.stop();
  await publisher?.close();
  await producer?.close();
  await admin?.close();
  await store?.close();
  await database?.drop();
});

/** Fresh for each test: the topics are shared with other tests, and with other runs of this one. */
const freshTenant = () => `t-${randomUUID().slice(0, 8)}`;
const tokenFor = (tenant: string) => signer.token({ roles: ['emitter', 'reader', 'operator'], tenants: [tenant] });

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

async function recordAt({ topic, partition, offset }: Place): Promise<IncomingRecord> {
  for await (const record of driver.readRange(topic, partition, BigInt(offset), BigInt(offset) + 1n)) return record;
  throw new Error(`nothing at ${topic}/${partition}/${offset}`);
}

async function eventAt(place: Place) {
  const read = registry.decode(await recordAt(place));
  if (!read.ok) throw new Error(read.fault.message);
  return read;
}

describe('in front of a real Kafka and a real PostgreSQL', () => {
  it('becomes ready: fresh topics have no leaders at first', async () => {
    const readiness = () => started.call('GET', '/readyz');
    let answer = await readiness();
    for (const until = Date.now() + 20_000; answer.status !== 200 && Date.now() < until; ) answer = await readiness();
    expect(answer.body.checks.map(({ name, ok }: { name: string; ok: boolean }) => [name, ok])).toEqual([
      ['kafka', true],
      ['postgresql', true],
    ]);
  });

  it('puts a batch into Kafka, each event where the answer says', async () => {
    const tenant = freshTenant();
    const token = await tokenFor(tenant);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const body = Array.from({ length: 200 }, (_, at) => orderPlaced(`o-${at % 20}`, tenant));
    const headers = { 'idempotency-key': 'k-1', traceparent };
    const answer = await started.call('POST', '/v1/events', { token, body, headers });
    expect([answer.status, answer.body.accepted.length]).toEqual([202, 200]);
    for (const place of [answer.body.accepted[0], answer.body.accepted[199]]) {
      const { event, traceparent: trace } = await eventAt(place);
      expect(event).toMatchObject({ eventId: place.eventId, tenantId: tenant, aggregateId: place.aggregateId });
      expect(trace).toBe(traceparent);
    }
    const offsets = answer.body.accepted
      .filter(({ aggregateId }: { aggregateId: string }) => aggregateId === 'o-7')
      .map(({ offset }: Place) => BigInt(offset));
    expect(offsets).toEqual([...offsets].sort((a: bigint, b: bigint) => (a < b ? -1 : 1)));
    const again = await started.call('POST', '/v1/events', { token, body, headers });
    const idsOf = (accepted: { eventId: string }[]) => accepted.map(({ eventId }) => eventId);
    expect(idsOf(again.body.accepted)).toEqual(idsOf(answer.body.accepted));
  });

  it('shows a workflow, its causes and what became of an event', async () => {
    const tenant = freshTenant();
    const token = await tokenFor(tenant);
    const ref = subjectRef('o/1 ü', tenant);
    const cause = randomUUID();
    const first = appendRequest(ref);
    const [move] = first.transitions;
    if (move === undefined) throw new Error('the sample has no transition');
    await store.append({
      ...first,
      transitions: [{ ...move, causes: [cause] }],
      consumed: [{ eventId: cause, version: 0 }],
    });
    await store.append(nextAppend(ref, 1));
    const at = { topic: 'commerce.orders.events', partition: 2, offset: '9007199254740993' };
    await store.ledger.maintain(30);
    await store.ledger.write([
      {
        ...at,
        eventId: cause,
        eventType: 'OrderPlaced',
        tenantId: tenant,
        readAt: new Date().toISOString(),
        verdicts: [{ subject: ref.subject, verdict: 'delivered' }],
      },
    ]);
    const id = encodeURIComponent(ref.subject);
    const detail = await started.call('GET', `/v1/workflows/${id}`, { token });
    expect(detail).toMatchObject({ status: 200, body: { id: ref.subject, version: 2, parked: false } });
    expect(detail.body.history[0].causes).toEqual([
      { eventId: cause, eventType: 'OrderPlaced', records: [expect.objectContaining(at)] },
    ]);
    const explained = await started.call('GET', `/v1/events/${cause}`, { token });
    expect(explained.body.subjects).toEqual([
      expect.objectContaining({
        id: ref.subject,
        outcome: 'taken',
        transitions: [expect.objectContaining({ version: 1 })],
      }),
    ]);
    const page = await started.call('GET', `/v1/streams/${id}/events?limit=1`, { token });
    expect(page.body).toMatchObject({ items: [{ version: 1 }], next: '1' });
  });

  it('lists by page, and refuses a cursor of its own making', async () => {
    const tenant = freshTenant();
    const token = await tokenFor(tenant);
    for (let at = 0; at < 5; at++) await store.append(appendRequest(subjectRef(`o-${at}`, tenant)));
    const seen: string[] = [];
    for (let query = '?limit=2'; query !== ''; ) {
      const { body } = await started.call('GET', `/v1/workflows${query}`, { token });
      seen.push(...body.items.map(({ key }: { key: string }) => key));
      query = body.next === null ? '' : `?limit=2&cursor=${body.next}`;
    }
    expect(seen.sort()).toEqual(['o-0', 'o-1', 'o-2', 'o-3', 'o-4']);
    for (const list of ['workflows', 'parked', 'dead-letters']) {
      const forged = await started.call('GET', `/v1/${list}?cursor=forged`, { token });
      expect(forged).toMatchObject({ status: 400, body: { errors: [{ parameter: 'cursor' }] } });
    }
  });

  it('lists parked lanes of the own tenant only', async () => {
    const [mine, theirs] = [freshTenant(), freshTenant()];
    for (const tenant of [theirs, mine, theirs]) {
      const ref = subjectRef(randomUUID(), tenant);
      await store.parking.tryHold(ref.subject, (lane) => lane.park(ref, [deliveredEvent(ref)], 'early'));
    }
    const { body } = await started.call('GET', '/v1/parked', { token: await tokenFor(mine) });
    expect(body.items).toEqual([expect.objectContaining({ tenantId: mine, cause: 'early', events: 1 })]);
  });

  it('says why a pooled journey is parked, and which host tries again', async () => {
    const tenant = freshTenant();
    const ref = subjectRef(randomUUID(), tenant);
    const host = `orderSaga/host-${tenant}`;
    const retryAt = new Date(Date.now() + 60_000).toISOString();
    await store.hosting.open(host, 'run-1');
    await store.hosting.park({
      ref,
      host,
      chain: 'run-1',
      events: [deliveredEvent(ref)],
      message: 'Error: no such stage',
      retryAt,
    });
    const { body } = await started.call('GET', '/v1/parked', { token: await tokenFor(tenant) });
    expect(body.items).toEqual([
      expect.objectContaining({ id: ref.subject, cause: 'machine-failed', host, message: 'Error: no such stage' }),
    ]);
  });

  it('finds a stuck saga by its stage only, and publishes the decision on it', async () => {
    const tenant = freshTenant();
    const token = await tokenFor(tenant);
    const ref = subjectRef('o-1', tenant);
    const first = appendRequest(ref);
    await store.append({ ...first, after: { ...first.after, stage: 'stuck' } });
    const stuck = await started.call('GET', '/v1/workflows?state=stuck', { token });
    expect(stuck.body.items).toEqual([expect.objectContaining({ id: ref.subject, version: 1 })]);
    const misspelt = await started.call('GET', '/v1/workflows?state=stucj', { token });
    expect(misspelt).toMatchObject({ status: 400, body: { errors: [{ parameter: 'state' }] } });
    const path = `/v1/workflows/${encodeURIComponent(ref.subject)}/decisions`;
    const answer = await started.call('POST', path, { token, body: { decision: 'give-up', stuckVersion: 1 } });
    expect(answer.status).toBe(202);
    const { event } = await eventAt(answer.body);
    expect(event).toMatchObject({
      eventId: answer.body.eventId,
      causationId: transitionId(ref.subject, 1),
      data: { target: 'orderSaga', key: 'o-1', decision: 'give-up', stuckVersion: 1, operator: 'ada' },
    });
    const stale = await started.call('POST', path, { token, body: { decision: 'give-up', stuckVersion: 2 } });
    expect(stale.status).toBe(409);
  });

  it('sends a dead letter again', async () => {
    const tenant = freshTenant();
    const token = await tokenFor(tenant);
    const { id: _, redrivenAt: __, redriveCount: ___, ...letter } = deadLetter('any', { tenantId: tenant });
    await store.deadLetters.index([{ ...letter, deadLetterTopic: `${tenant}.dlq`, deadAt: new Date().toISOString() }]);
    const { body } = await started.call('GET', '/v1/dead-letters', { token });
    const [{ id }] = body.items;
    const answer = await started.call('POST', `/v1/dead-letters/${id}/redrive`, { token });
    expect(answer).toMatchObject({ status: 202, body: { redriveCount: 1 } });
    expect(await recordAt(answer.body)).toMatchObject({
      key: 'o-1',
      value: letter.value,
      headers: { 'x-redrive-id': answer.body.redriveId, 'x-redrive-count': '1' },
    });
    const after = await started.call('GET', `/v1/dead-letters/${id}`, { token });
    expect(after.body).toMatchObject({ redriveCount: 1, redrivenAt: expect.any(String) });
    for (const other of ['7', randomUUID()]) {
      expect((await started.call('GET', `/v1/dead-letters/${other}`, { token })).status).toBe(404);
    }
  });

  it('answers 503 while PostgreSQL is away, and goes on taking events', async () => {
    const ended = new Pool({ connectionString: database.url, max: 4 });
    const blind = createStore({ pool: ended });
    await ended.end();
    const api = await startApi({
      store: blind,
      publisher,
      readiness: [{ name: 'postgresql', check: () => blind.ping() }],
    });
    try {
      expect(await api.call('GET', '/v1/workflows')).toMatchObject({
        status: 503,
        body: { code: 'store-unavailable' },
      });
      expect((await api.call('GET', '/readyz')).status).toBe(503);
      expect((await api.call('POST', '/v1/events', { body: orderPlaced('o-1', freshTenant()) })).status).toBe(202);
    } finally {
      await api.stop();
      await blind.close();
    }
  });
});
