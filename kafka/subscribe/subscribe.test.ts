import { encode, newEvent, OrderCancelled, PaymentSettled, StockReserved } from '@millrace/events';
import { KafkaError } from '../errors';
import type { OutgoingRecord, RecordPlace } from '../port';
import { eventually } from '../test/driver-contract';
import { createMemoryDriver } from '../testing';
import { PermanentError } from './permanent-error';
import { type SubscribeOptions, subscribe } from './subscribe';

const topic = 'commerce.orders.events';
const payments = 'commerce.payments.events';
const cancelled = (orderId: string, reason?: string) =>
  newEvent(OrderCancelled, { tenantId: 'acme', aggregateId: orderId, data: { orderId, reason } });
const settled = (orderId: string) =>
  newEvent(PaymentSettled, {
    tenantId: 'acme',
    aggregateId: orderId,
    data: { paymentId: orderId, orderId, amountCents: 1, currency: 'EUR' },
  });

async function setUp(
  handle: SubscribeOptions<readonly [typeof OrderCancelled, typeof PaymentSettled]>['handle'],
  options: object = {},
) {
  const driver = createMemoryDriver({ topics: [topic, payments, `${topic}.dlq`, `${payments}.dlq`], partitions: 1 });
  const producer = await driver.producer();
  const deadLetters = {
    publishRecord: async (record: OutgoingRecord): Promise<RecordPlace> => {
      const [place] = await producer.send([record]);
      if (place === undefined) throw new Error('no place');
      return place;
    },
  };
  const consumer = await subscribe({
    driver,
    groupId: 'g',
    events: [OrderCancelled, PaymentSettled],
    handle,
    deadLetters,
    retry: { initialMs: 5, maxMs: 20 },
    limits: { commitIntervalMs: 5 },
    ...options,
  });
  const committed = async (name = topic): Promise<bigint | undefined> =>
    (await (await driver.admin()).committed('g', [name]))[0]?.offset;
  const dead = () => driver.records(`${topic}.dlq`);
  return { driver, producer, consumer, committed, dead };
}

describe('a subscription', () => {
  it('hands over the events it asks for, typed, in the order of their key, and passes over others', async () => {
    const seen: string[] = [];
    const { producer, consumer, committed } = await setUp(async (event, { attempt, traceparent }) => {
      seen.push(
        event.eventType === 'OrderCancelled' ? `cancelled ${event.data.orderId}` : `settled ${event.data.amountCents}`,
      );
      expect([attempt, traceparent]).toEqual([1, undefined]);
    });
    const stock = newEvent(StockReserved, {
      tenantId: 'acme',
      aggregateId: 'o-1',
      data: { orderId: 'o-1', lines: [] },
    });
    await producer.send([
      encode(cancelled('o-1')),
      encode(stock, { topic }),
      encode(cancelled('o-2')),
      encode(settled('p')),
    ]);
    await eventually('the commits', async () => (await committed()) === 3n && (await committed(payments)) === 1n);
    expect([...seen].sort()).toEqual(['cancelled o-1', 'cancelled o-2', 'settled 1']);
    await consumer.stop();
  });

  it('tries again what may pass, not what is already done', async () => {
    const calls: string[] = [];
    const { producer, consumer, committed, dead } = await setUp(async (event, { attempt }) => {
      const reason = event.eventType === 'OrderCancelled' ? event.data.reason : undefined;
      calls.push(`${reason} ${attempt}`);
      if (reason === 'flaky' && attempt < 3) throw new Error('try later');
    });
    await producer.send(['first', 'flaky', 'last'].map((reason) => encode(cancelled('o-1', reason))));
    await eventually('the commit', async () => (await committed()) === 3n);
    expect(calls).toEqual(['first 1', 'flaky 1', 'flaky 2', 'flaky 3', 'last 1']);
    expect(dead()).toEqual([]);
    await consumer.stop();
  });

  it('gives up what is refused for good, with its cause, and goes on', async () => {
    const seen: unknown[] = [];
    const { producer, consumer, committed, dead } = await setUp(async (event) => {
      seen.push(event.data);
      if (seen.length === 1) throw new PermanentError('no-such-order', 'the order is unknown');
    });
    await producer.send(['a', 'b'].map((reason) => encode(cancelled('o-1', reason))));
    await eventually('the commit', async () => (await committed()) === 2n);
    expect(dead()).toHaveLength(1);
    expect(dead()[0]?.headers).toMatchObject({
      'x-original-topic': topic,
      'x-original-offset': '0',
      'x-error-code': 'no-such-order',
      'x-error-message': 'the order is unknown',
      'x-error-class': 'permanent',
      'x-group': 'g',
      'x-attempt': '1',
    });
    await consumer.stop();
  });

  it('gives up after the tries it is allowed', async () => {
    const { producer, consumer, committed, dead } = await setUp(
      async () => {
        throw 'text';
      },
      { maxAttempts: 3 },
    );
    await producer.send([encode(cancelled('o-1'))]);
    await eventually('the commit', async () => (await committed()) === 1n);
    expect(dead()[0]?.headers).toMatchObject({
      'x-error-code': 'attempts-exhausted',
      'x-error-class': 'exhausted',
      'x-error-message': 'text',
      'x-attempt': '3',
    });
    await consumer.stop();
  });

  it('puts what cannot be decoded aside, with the field at fault, and goes on', async () => {
    const seen: string[] = [];
    const { producer, consumer, committed, dead } = await setUp(async ({ eventId }) => void seen.push(eventId));
    const bad = encode(cancelled('o-1'));
    await producer.send([
      { ...bad, value: Buffer.from('{') },
      { ...bad, value: Buffer.from(JSON.stringify({ ...cancelled('o-1'), data: {} })) },
      { ...bad, value: null, key: null },
      encode(cancelled('o-1')),
    ]);
    await eventually('the commit', async () => (await committed()) === 4n);
    expect(seen).toHaveLength(1);
    const causes = dead()
      .map(({ headers }) => headers['x-error-code'])
      .sort();
    expect(causes).toEqual(['empty', 'malformed-json', 'schema-violation']);
    expect(
      dead().find(({ headers }) => headers['x-error-code'] === 'schema-violation')?.headers['x-error-message'],
    ).toMatch(/^data\.orderId: /);
    await consumer.stop();
  });

  it('leaves what cannot be decoded to others, if asked', async () => {
    const { producer, consumer, committed, dead } = await setUp(async () => {}, { undecodable: 'pass' });
    await producer.send([{ topic, key: null, value: Buffer.from('{'), headers: {} }]);
    await eventually('the commit', async () => (await committed()) === 1n);
    expect(dead()).toEqual([]);
    await consumer.stop();
  });

  it('does not commit what is dead before the dead-letter topic has it', async () => {
    const { driver, producer, consumer, committed, dead } = await setUp(async () => {
      throw new PermanentError('no', 'no');
    });
    let refused = 0;
    driver.failSends((records) => {
      if (!records.some((record) => record.topic.endsWith('.dlq'))) return undefined;
      refused += 1;
      return refused <= 3 ? new KafkaError('broker', 'read only') : undefined;
    });
    await producer.send([encode(cancelled('o-1'))]);
    await eventually('three refusals', () => refused >= 3);
    expect([await committed(), dead()]).toEqual([undefined, []]);
    await eventually('the commit', async () => (await committed()) === 1n);
    expect(dead()).toHaveLength(1);
    await consumer.stop();
  });
});
