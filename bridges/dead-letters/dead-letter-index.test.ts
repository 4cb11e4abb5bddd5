import { encode } from '@millrace/events';
import { type IncomingRecord, toDeadLetter } from '@millrace/kafka';
import { createMemoryDriver } from '../../kafka/testing';
import { placed, recordOf } from '../inbound/testing/bridge-parts';
import { startDeadLetterIndex } from './dead-letter-index';
import { type IndexedLetter, letterOf } from './letter';

const original: IncomingRecord = {
  ...recordOf('orders'),
  ...encode(placed().event, { topic: 'orders' }),
  partition: 2,
  timestamp: 5,
};
const letter = toDeadLetter(original, { code: 'late', message: 'had closed', class: 'late', group: 'relay' });

describe('a dead letter in the list', () => {
  it('says what died, where it came from and why', () => {
    const { event } = placed();
    expect(letterOf({ ...recordOf('orders.dlq'), ...letter, partition: 0, timestamp: 1_000 })).toMatchObject({
      deadLetterTopic: 'orders.dlq',
      originalTopic: 'orders',
      originalPartition: 2,
      originalOffset: String(original.offset),
      eventId: original.headers['event-id'],
      eventType: event.eventType,
      tenantId: 'acme',
      key: 'order-1',
      cause: 'late',
      message: 'had closed',
      deadAt: '1970-01-01T00:00:01.000Z',
    });
  });

  it.each([
    ['nothing', null, { eventId: null, tenantId: null }],
    ['no JSON', Buffer.from('{'), { eventId: null, tenantId: null }],
    ['no object', Buffer.from('7'), { eventId: null, tenantId: null }],
    [
      'an envelope without headers',
      Buffer.from('{"eventId":"e","tenantId":"t","eventType":7}'),
      { eventId: 'e', tenantId: 't', eventType: null },
    ],
  ])('is kept also when it is %s, written by anybody', (_, value, known) => {
    const record = {
      ...recordOf('orders.dlq', value),
      headers: { 'x-original-offset': '-1', 'x-original-partition': 'two' },
    };
    expect(letterOf(record)).toMatchObject({
      originalTopic: 'orders',
      originalPartition: null,
      originalOffset: null,
      cause: 'unknown',
      message: '',
      ...known,
    });
    expect(letterOf({ ...record, topic: 'odd-name' }).originalTopic).toBe('odd-name');
  });
});

describe('the partition that a dead letter names', () => {
  it.each([
    ['2147483647', 2_147_483_647],
    ['2147483648', null],
    ['-1', null],
  ])('%s is %p: one that the store cannot write stopped the index', (partition, wanted) => {
    const record = { ...recordOf('orders.dlq'), headers: { 'x-original-partition': partition } };
    expect(letterOf(record).originalPartition).toBe(wanted);
  });
});

describe('the index of dead letters', () => {
  it('lists every letter of its topics before it commits them', async () => {
    const driver = createMemoryDriver({ topics: ['orders.dlq'], partitions: 1 });
    const listed: IndexedLetter[] = [];
    const counted: [string, number][] = [];
    const committed: number[] = [];
    let away = true;
    const index = await startDeadLetterIndex({
      driver,
      store: {
        deadLetters: {
          async index(letters) {
            if (away) {
              away = false;
              throw new Error('away');
            }
            listed.push(...letters);
          },
        },
      },
      groupId: 'dead-letters',
      topics: ['orders.dlq'],
      consumerMetrics: { committed: (records) => committed.push(records) },
      metrics: { indexed: (topic, letters) => counted.push([topic, letters]) },
    });
    const producer = await driver.producer();
    await producer.send([letter, letter]);
    while (listed.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await index.stop();
    expect(counted).toEqual([['orders.dlq', 2]]);
    expect(committed).toEqual([2]);
    expect(await (await driver.admin()).committed('dead-letters', ['orders.dlq'])).toMatchObject([{ offset: 2n }]);
  });
});
