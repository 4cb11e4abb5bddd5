import { randomUUID } from 'node:crypto';
import { CompressionCodecs, CompressionTypes, Kafka, Partitioners } from 'kafkajs';
import { createKafkajsDriver } from '../kafkajs/driver';
import type { IncomingRecord, KafkaAdmin, KafkaDriver } from '../port';
import { createPublisher } from '../publisher/publisher';
import { brokersFromEnvironment } from '../test/brokers';
import { eventually } from '../test/driver-contract';
import { runConsumer } from './run-consumer';
import type { RunningConsumer } from './types';

jest.setTimeout(120_000);

const PARTITIONS = 6;
const LANES = 60;

/** What every consumer of a group did together, by the number that each record carries. */
function ledger() {
  const settled = new Set<number>();
  const lastOfLane = new Map<string, number>();
  const overtaken: string[] = [];
  return {
    settled,
    overtaken,
    settle(lane: string, n: number): void {
      const last = lastOfLane.get(lane) ?? -1;
      if (!settled.has(n) && n < last) overtaken.push(`${lane}: ${n} after ${last}`);
      settled.add(n);
      lastOfLane.set(lane, Math.max(last, n));
    },
  };
}

describe('consumers on a real broker', () => {
  let driver: KafkaDriver;
  let admin: KafkaAdmin;
  let topic: string;
  let groupId: string;

  beforeAll(async () => {
    driver = createKafkajsDriver({ brokers: brokersFromEnvironment(), clientId: 'consumer-test' });
    admin = await driver.admin();
  });
  afterAll(() => admin.close());
  beforeEach(async () => {
    topic = `consumer-${randomUUID()}`;
    groupId = `group-${randomUUID()}`;
    await admin.createTopics([{ topic, partitions: PARTITIONS, replicationFactor: 1, config: {} }]);
  });

  async function fill(count: number, bytes = 100): Promise<void> {
    const producer = await driver.producer();
    const publisher = createPublisher({ producer, lingerMs: 0 });
    const value = Buffer.alloc(bytes, 'x');
    for (let from = 0; from < count; from += 5_000) {
      const numbers = Array.from({ length: Math.min(5_000, count - from) }, (_, index) => from + index);
      await Promise.all(
        numbers.map((n) =>
          publisher.publishRecord({ topic, key: `lane-${n % LANES}`, value, headers: { n: String(n) } }),
        ),
      );
    }
    await producer.close();
  }

  const numberOf = ({ headers }: IncomingRecord): number => Number(headers['n']);
  const uncommitted = async (): Promise<bigint> => {
    const ends = await admin.endOffsets(topic);
    const committed = await admin.committed(groupId, [topic]);
    return ends.reduce(
      (sum, { partition, offset }) =>
        sum + offset - (committed.find((place) => place.partition === partition)?.offset ?? 0n),
      0n,
    );
  };

  it('settle everything in lane order and commit to the end, while members come and go', async () => {
    const total = 6_000;
    await fill(total);
    const { settled, overtaken, settle } = ledger();
    const start = (): Promise<RunningConsumer> =>
      runConsumer<number>({
        driver,
        groupId,
        topics: [topic],
        sessionTimeoutMs: 6_000,
        split: (record) => [{ lane: record.key ?? '', work: numberOf(record) }],
        async settle(lane, batch) {
          if (Math.random() < 0.05) throw new Error('now and then');
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
          for (const { work } of batch) settle(lane, work);
        },
        limits: { maxBatch: 5, maxInFlight: 20, maxBufferedRecords: 500, commitIntervalMs: 20 },
        retry: { initialMs: 10, maxMs: 50 },
      });
    const running = [await start()];
    for (let round = 0; round < 3; round += 1) {
      running.push(await start());
      await new Promise((resolve) => setTimeout(resolve, 300));
      await running.shift()?.stop();
    }
    await eventually('everything is settled', () => settled.size === total, 60_000);
    await eventually('everything is committed', async () => (await uncommitted()) === 0n);
    expect(overtaken).toEqual([]);
    await Promise.all(running.map((consumer) => consumer.stop()));
  });

  it('move thousands of records a second', async () => {
    const total = 40_000;
    await fill(total, 400);
    let noted = 0;
    let first = 0;
    const consumer = await runConsumer<number>({
      driver,
      groupId,
      topics: [topic],
      split: (record) => [{ lane: record.key ?? '', work: numberOf(record) }],
      settle: async () => {
        first ||= Date.now();
      },
      beforeCommit: async (records) => {
        noted += records.length;
      },
    });
    await eventually('everything is noted', () => noted === total);
    const rate = (total * 1_000) / (Date.now() - first);
    expect(rate).toBeGreaterThan(3_000);
    await consumer.stop();
    expect(await uncommitted()).toBe(0n);
  });

  it('have no lag at the end of what was written in transactions', async () => {
    const producer = new Kafka({ brokers: [...brokersFromEnvironment()], clientId: 'transactions' }).producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      transactionalId: `transactions-${randomUUID()}`,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    for (const value of ['a', 'b']) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ key: 'k', value, partition: 0 }] });
      await transaction.commit();
    }
    await producer.disconnect();
    const read: string[] = [];
    const consumer = await runConsumer({
      driver,
      groupId,
      topics: [topic],
      split: (record) => [{ lane: 'all', work: String(record.value) }],
      settle: async (_lane, batch) => void read.push(...batch.map(({ work }) => work)),
    });
    await eventually('there is no lag', () => consumer.lag().length === 1 && consumer.lag()[0]?.lag === 0);
    expect(read).toEqual(['a', 'b']);
    await consumer.stop();
  });

  it('are told of a batch that cannot be read, at once and for good, instead of restarting for ever', async () => {
    const original = CompressionCodecs[CompressionTypes.ZSTD];
    CompressionCodecs[CompressionTypes.ZSTD] = () => ({
      compress: async ({ buffer }: { buffer: Buffer }) => rawZstd(buffer),
    });
    try {
      const producer = new Kafka({ brokers: [...brokersFromEnvironment()], clientId: 'zstd' }).producer({
        createPartitioner: Partitioners.DefaultPartitioner,
      });
      await producer.connect();
      await producer.send({
        topic,
        compression: CompressionTypes.ZSTD,
        messages: [{ key: 'a', value: 'b', partition: 0 }],
      });
      await producer.disconnect();
    } finally {
      // As on Node 20, which has no zstd, wherever this runs.
      CompressionCodecs[CompressionTypes.ZSTD] = () => {
        throw Object.assign(new Error('ZSTD compression not implemented'), {
          name: 'KafkaJSNotImplemented',
          retriable: false,
        });
      };
    }
    const consumer = await runConsumer({ driver, groupId, topics: [topic], split: () => [], settle: async () => {} });
    expect(await consumer.crashed).toMatchObject({ name: 'KafkaError', code: 'unreadable-batch', retriable: false });
    await consumer.stop();
    CompressionCodecs[CompressionTypes.ZSTD] = original;
  });
});

/** A zstd frame with one block that is not compressed (RFC 8878, 3.1.1). */
function rawZstd(data: Buffer): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(data.length, 5);
  header.writeUIntLE((data.length << 3) | 1, 9, 3);
  return Buffer.concat([header, data]);
}
