import { randomUUID } from 'node:crypto';
import { encode, newEvent, OrderCancelled } from '@millrace/events';
import { KafkaError } from '../errors';
import { createKafkajsDriver } from '../kafkajs/driver';
import type { IncomingRecord } from '../port';
import { createPublisher } from '../publisher/publisher';
import { brokersFromEnvironment } from '../test/brokers';
import { eventually } from '../test/driver-contract';
import { ensureTopics, topicDrift } from '../topics';
import { subscribe } from './subscribe';

jest.setTimeout(60_000);

const driver = () => createKafkajsDriver({ brokers: brokersFromEnvironment(), clientId: 'subscribe-test' });

describe('from publisher to subscriber over a real broker', () => {
  it('events arrive in order, bad records become dead letters, offsets are committed', async () => {
    const kafka = driver();
    const topic = `orders-${randomUUID()}`;
    const admin = await kafka.admin();
    const specs = [topic, `${topic}.dlq`].map((name) => ({
      topic: name,
      partitions: 2,
      replicationFactor: 1,
      config: { 'retention.ms': '3600000', 'cleanup.policy': 'delete' },
    }));
    await ensureTopics(admin, specs);
    await ensureTopics(admin, specs);
    expect(await topicDrift(admin, specs)).toEqual([]);
    expect(
      await topicDrift(
        admin,
        specs.map((spec) => ({ ...spec, partitions: 3 })),
      ),
    ).toHaveLength(2);

    const producer = await kafka.producer();
    const publisher = createPublisher({ producer });
    const seen: string[] = [];
    const consumer = await subscribe({
      driver: kafka,
      groupId: `group-${randomUUID()}`,
      topics: [topic],
      events: [OrderCancelled],
      handle: async ({ data }, { traceparent }) => void seen.push(`${data.reason} ${traceparent}`),
      deadLetters: publisher,
    });
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const event = (reason: string) =>
      newEvent(OrderCancelled, { tenantId: 'acme', aggregateId: 'o-1', data: { orderId: 'o-1', reason } });
    await Promise.all([
      publisher.publishEvent(event('1'), { topic, traceparent: trace }),
      publisher.publishRecord({ ...encode(event('x'), { topic }), value: Buffer.from('{"eventId": nonsense') }),
      publisher.publishEvent(event('2'), { topic, traceparent: trace, format: 'cloudevents-binary' }),
      publisher.publishEvent(event('3'), { topic, traceparent: trace, format: 'cloudevents-structured' }),
    ]);
    await eventually('three events', () => seen.length === 3);
    expect(seen).toEqual(['1', '2', '3'].map((reason) => `${reason} ${trace}`));
    await eventually('no lag', () => consumer.lag().length > 0 && consumer.lag().every(({ lag }) => lag === 0));
    const dead: IncomingRecord[] = [];
    for (const { partition, offset } of await admin.endOffsets(`${topic}.dlq`)) {
      for await (const letter of kafka.readRange(`${topic}.dlq`, partition, 0n, offset)) dead.push(letter);
    }
    expect(dead).toHaveLength(1);
    expect(dead[0]).toMatchObject({
      key: 'o-1',
      headers: {
        'x-error-code': 'malformed-json',
        'x-original-topic': topic,
        'x-original-offset': '1',
        'event-type': 'OrderCancelled',
      },
    });
    await consumer.stop();
    await publisher.close();
    await producer.close();
    await admin.close();
  });

  it('says so in time when no broker answers', async () => {
    const nowhere = createKafkajsDriver({ brokers: ['127.0.0.1:1'], clientId: 'nowhere', sendDeadlineMs: 500 });
    const code = (call: Promise<unknown>): Promise<unknown> =>
      call.catch((error: unknown) => (error instanceof KafkaError ? error.code : error));
    const producer = await nowhere.producer();
    expect(await code(producer.send([{ topic: 't', key: null, value: null, headers: {} }]))).toBe('deadline');
    expect(await code(nowhere.admin())).toBe('connection');
    expect(
      await code(
        nowhere.join(
          { groupId: 'g', topics: ['t'], fromBeginning: true },
          { assigned() {}, records() {}, crashed() {} },
        ),
      ),
    ).toBe('connection');
    await producer.close();
  });
});
