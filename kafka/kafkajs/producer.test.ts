import type { Kafka, Message, ProducerBatch, ProducerConfig } from 'kafkajs';
import { KafkaError } from '../errors';
import { silent } from '../logger';
import type { OutgoingRecord } from '../port';
import { fakeClock, later } from '../test/fake-clock';
import { kafkajsProducer } from './producer';

type SendBatch = (
  batch: ProducerBatch,
) => Promise<{ topicName: string; partition: number; errorCode: number; baseOffset: string }[]>;

const record = (n: number, bytes = 10): OutgoingRecord => ({
  topic: 't',
  key: `k${n}`,
  value: Buffer.alloc(bytes, 'x'),
  headers: {},
});

/** kafkajs's producer: partitions each message as kafkajs does, then does what the test says. */
function setUp(sendBatch: SendBatch, deadlineMs = 1_000) {
  const configs: ProducerConfig[] = [];
  const disconnected: number[] = [];
  const kafka = {
    producer(config: ProducerConfig) {
      const index = configs.push(config) - 1;
      const partitioner = config.createPartitioner?.();
      const partition = (topic: string, message: Message): number =>
        partitioner?.({ topic, message, partitionMetadata: metadata }) ?? -1;
      return {
        connect: async () => {},
        disconnect: async () => void disconnected.push(index),
        sendBatch: (batch: ProducerBatch) => {
          for (const { topic, messages } of batch.topicMessages ?? [])
            for (const message of messages) partition(topic, message);
          return sendBatch(batch);
        },
      };
    },
  } as unknown as Kafka;
  const clock = fakeClock();
  return { producer: kafkajsProducer(kafka, { deadlineMs, clock, logger: silent }), clock, configs, disconnected };
}
const metadata = [0, 1, 2].map((partitionId) => ({
  partitionErrorCode: 0,
  partitionId,
  leader: 1,
  replicas: [],
  isr: [],
}));
const answer = [0, 1, 2].map((partition) => ({ topicName: 't', partition, errorCode: 0, baseOffset: '10' }));

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
  } catch (error) {
    return error instanceof KafkaError ? error.code : String(error);
  }
  return 'none';
};

describe('the kafkajs producer', () => {
  it('is idempotent, one request in flight, acks=all, and creates no topics', async () => {
    const acks: unknown[] = [];
    const { producer, configs } = setUp(async (batch) => {
      acks.push(batch.acks);
      return answer;
    });
    await producer.send([record(1)]);
    expect(configs[0]).toMatchObject({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
    expect(acks).toEqual([-1]);
  });

  it('puts a key where the Java client puts it', async () => {
    const { producer } = setUp(async () => answer);
    // Of org.apache.kafka.common.utils.Utils.murmur2, modulo three partitions.
    const keys = ['order-1', 'order-2', 'order-3', 'ünïcode'];
    const places = await producer.send(keys.map((key) => ({ ...record(0), key })));
    expect(places.map(({ partition }) => partition)).toEqual(keys.map(javaPartition));
  });

  it('defect: an idempotent send that hangs for ever. It ends with its deadline, and the next one has a new producer', async () => {
    const hanging = later<never>();
    let sends = 0;
    const { producer, clock, configs, disconnected } = setUp(async () => {
      sends += 1;
      return sends === 1 ? hanging.promise : answer;
    });
    const first = codeOf(producer.send([record(1)]));
    await clock.advance(1_000);
    expect(await first).toBe('deadline');
    const second = producer.send([record(2)]);
    await clock.advance(900);
    // The first may still land: the second waits for it a while, so that it is not overtaken.
    expect(sends).toBe(1);
    hanging.reject(new Error('disconnected'));
    await clock.advance(1);
    await expect(second).resolves.toHaveLength(1);
    expect([configs.length, disconnected]).toEqual([2, [0]]);
    expect(clock.pending()).toBe(0); // nothing that keeps a process alive
  });

  it('defect: a send that never ends holds up others for the grace time only', async () => {
    let sends = 0;
    const { producer, clock } = setUp(async () => {
      sends += 1;
      return sends === 1 ? later<never>().promise : answer;
    }, 4_000);
    const first = codeOf(producer.send([record(1)]));
    await clock.advance(4_000);
    expect(await first).toBe('deadline');
    const second = codeOf(producer.send([record(2)]));
    await clock.advance(4_000);
    expect(await second).toBe('deadline');
    const third = producer.send([record(3)]);
    await clock.advance(1_500);
    await expect(third).resolves.toHaveLength(1);
    expect(sends).toBe(2);
  });

  it('bug: what was left of a send that had missed its deadline went out beside the next one, by the next producer', async () => {
    const hanging = later<typeof answer>();
    const sent: number[] = [];
    const { producer, clock } = setUp(async ({ topicMessages = [] }) => {
      sent.push(topicMessages.reduce((sum, { messages }) => sum + messages.length, 0));
      return sent.length === 1 ? hanging.promise : answer;
    });
    const first = codeOf(producer.send(Array.from({ length: 600 }, (_, n) => record(n))));
    await clock.advance(1_000);
    expect(await first).toBe('deadline');
    hanging.resolve(answer); // its first 500 are there after all; the other hundred were told to have failed
    await clock.advance(1);
    await producer.send([record(1)]);
    expect(sent).toEqual([500, 1]);
  });

  it('defect: two sends at once may share sequence numbers (tulios/kafkajs#1005). They go one after the other', async () => {
    const gates = [later<typeof answer>(), later<typeof answer>()];
    let started = 0;
    const { producer, clock } = setUp(async () => {
      started += 1;
      return (gates[started - 1] as (typeof gates)[0]).promise;
    });
    const sends = [producer.send([record(1)]), producer.send([record(2)])];
    await clock.advance(1);
    expect(started).toBe(1);
    gates[0]?.resolve(answer);
    await clock.advance(1);
    expect(started).toBe(2);
    gates[1]?.resolve(answer);
    await Promise.all(sends);
  });

  it.each([
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'UNKNOWN_PRODUCER_ID',
    'INVALID_PRODUCER_EPOCH',
    'DUPLICATE_SEQUENCE_NUMBER',
  ])('defect: %s lasts for ever. The producer is made anew and the error may be tried again', async (type) => {
    let failed = false;
    const { producer, clock, configs, disconnected } = setUp(async () => {
      if (failed) return answer;
      failed = true;
      throw Object.assign(new Error('fatal'), { name: 'KafkaJSProtocolError', type, retriable: false });
    });
    const error = await producer.send([record(1)]).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'KafkaError', code: 'sequence', retriable: true });
    await clock.advance(1);
    await expect(producer.send([record(1)])).resolves.toHaveLength(1);
    expect([configs.length, disconnected]).toEqual([2, [0]]);
  });

  it('defect: a record without a key changes its partition when it is tried again. It keeps the first', async () => {
    const { producer, configs } = setUp(async () => answer);
    await producer.send([record(1)]);
    const choose = configs[0]?.createPartitioner?.();
    const message: Message = { key: null, value: 'x' };
    const chosen = new Set(
      Array.from({ length: 50 }, () => choose?.({ topic: 't', message, partitionMetadata: metadata })),
    );
    expect(chosen.size).toBe(1);
  });

  it('splits what is too much for one request, in order', async () => {
    const sizes: number[] = [];
    const { producer } = setUp(async ({ topicMessages }) => {
      sizes.push(topicMessages?.[0]?.messages.length ?? 0);
      return answer;
    });
    await producer.send(Array.from({ length: 1_100 }, (_, n) => record(n)));
    await producer.send(Array.from({ length: 4 }, (_, n) => record(n, 400_000)));
    await producer.send([record(1, 2_000_000)]);
    expect(sizes).toEqual([500, 500, 100, 2, 2, 1]);
  });

  it('says so when the broker does not answer for a partition', async () => {
    const { producer } = setUp(async () => []);
    expect(await codeOf(producer.send([record(1)]))).toBe('broker');
  });

  it('connects again after it could not', async () => {
    let attempts = 0;
    const kafka = {
      producer: () => ({
        connect: async () => {
          attempts += 1;
          if (attempts === 1) throw Object.assign(new Error('refused'), { name: 'KafkaJSConnectionError' });
        },
        disconnect: async () => {},
        sendBatch: async () => [],
      }),
    } as unknown as Kafka;
    const clock = fakeClock();
    const producer = kafkajsProducer(kafka, { deadlineMs: 1_000, clock, logger: silent });
    expect(await codeOf(producer.send([record(1)]))).toBe('connection');
    await clock.advance(1);
    expect(await codeOf(producer.send([record(1)]))).toBe('broker');
    expect(attempts).toBe(2);
  });

  it('closes after what is under way, and sends nothing more', async () => {
    const gate = later<typeof answer>();
    const { producer, clock, disconnected } = setUp(() => gate.promise);
    const sending = producer.send([record(1)]);
    const closing = producer.close();
    await clock.advance(1);
    expect(disconnected).toEqual([]);
    gate.resolve(answer);
    await Promise.all([sending, closing]);
    expect(disconnected).toEqual([0]);
    expect(await codeOf(producer.send([record(1)]))).toBe('closed');
    expect(await producer.send([]).catch(() => 'closed')).toBe('closed');
  });
});

/** murmur2 as in Java, written from its definition, to check the client's against. */
function javaPartition(key: string): number {
  const data = Buffer.from(key);
  const m = 0x5bd1e995;
  let h = (0x9747b28c ^ data.length) | 0;
  const whole = data.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = Math.imul(data.readInt32LE(i), m);
    k = Math.imul(k ^ (k >>> 24), m);
    h = Math.imul(h, m) ^ k;
  }
  const rest = data.length - whole;
  if (rest === 3) h ^= (data[whole + 2] as number) << 16;
  if (rest >= 2) h ^= (data[whole + 1] as number) << 8;
  if (rest >= 1) h = Math.imul(h ^ (data[whole] as number), m);
  h = Math.imul(h ^ (h >>> 13), m);
  return ((h ^ (h >>> 15)) & 0x7fffffff) % 3;
}
