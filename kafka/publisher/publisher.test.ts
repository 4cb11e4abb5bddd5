import { InvalidEventError, newEvent, OrderCancelled, registry } from '@millrace/events';
import { KafkaError } from '../errors';
import type { OutgoingRecord, Producer, RecordPlace } from '../port';
import { fakeClock, later } from '../test/fake-clock';
import { createMemoryDriver } from '../testing';
import { createPublisher, type PublisherOptions } from './publisher';

const topic = 'commerce.orders.events';
const record = (n: number, name = topic): OutgoingRecord => ({
  topic: name,
  key: `k${n}`,
  value: Buffer.from(String(n)),
  headers: {},
});
const cancelled = { tenantId: 'acme', aggregateId: 'o-1', data: { orderId: 'o-1' } };

/** A producer that answers as the test says; remembers what it was given. */
function setUp(
  send: (records: readonly OutgoingRecord[], attempt: number) => Promise<readonly RecordPlace[]>,
  options: Partial<PublisherOptions> = {},
) {
  const sent: (readonly OutgoingRecord[])[] = [];
  const clock = fakeClock();
  const producer: Producer = { send: (records) => send(records, sent.push(records)), close: async () => {} };
  const publisher = createPublisher({
    producer,
    clock,
    random: () => 0,
    lingerMs: 2,
    deadlineMs: 1_000,
    retry: { initialMs: 100, maxMs: 400 },
    ...options,
  });
  return { publisher, clock, sent };
}
const places = (records: readonly OutgoingRecord[]): RecordPlace[] =>
  records.map((one, index) => ({ topic: one.topic, partition: 0, offset: BigInt(index) }));
const good = async (records: readonly OutgoingRecord[]): Promise<RecordPlace[]> => places(records);
const codeOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: unknown) => (error instanceof KafkaError ? error.code : String(error)),
  );

describe('the publisher', () => {
  it('makes a valid event and sends it where its definition says', async () => {
    const driver = createMemoryDriver({ topics: [topic] });
    const publisher = createPublisher({ producer: await driver.producer(), lingerMs: 0 });
    const { event, place } = await publisher.publish(OrderCancelled, cancelled);
    expect(place).toMatchObject({ topic, offset: 0n });
    const [written] = driver.records(topic);
    expect(written?.key).toBe('o-1');
    expect(written && registry.decode(written)).toMatchObject({ ok: true, event });
  });

  it('refuses an invalid event before it is sent', async () => {
    const { publisher, sent } = setUp(good);
    await expect(publisher.publish(OrderCancelled, { ...cancelled, tenantId: 'a/b' })).rejects.toThrow(
      InvalidEventError,
    );
    await expect(
      publisher.publishEvent({ ...newEvent(OrderCancelled, cancelled), eventType: 'Unheard' }),
    ).rejects.toThrow('no topic');
    expect(sent).toEqual([]);
  });

  it('defect: kafkajs has no linger. What comes within a few milliseconds goes in one request', async () => {
    const { publisher, clock, sent } = setUp(good);
    const all = [publisher.publishRecord(record(0)), publisher.publishRecord(record(1))];
    await clock.advance(1);
    all.push(publisher.publishRecord(record(2)));
    expect(sent).toEqual([]);
    await clock.advance(1);
    expect(sent.map(({ length }) => length)).toEqual([3]);
    expect((await Promise.all(all)).map(({ offset }) => offset)).toEqual([0n, 1n, 2n]);
  });

  it('gathers without waiting while a request is under way, and a full batch goes at once', async () => {
    const gate = later<readonly RecordPlace[]>();
    const { publisher, clock, sent } = setUp((records, attempt) => (attempt === 1 ? gate.promise : good(records)), {
      maxBatch: 3,
    });
    const all = [0, 1, 2].map((n) => publisher.publishRecord(record(n)));
    await clock.advance(0);
    expect(sent.map(({ length }) => length)).toEqual([3]);
    for (const n of [3, 4, 5, 6]) all.push(publisher.publishRecord(record(n)));
    await clock.advance(50);
    expect(sent).toHaveLength(1);
    gate.resolve(places(sent[0] ?? []));
    await clock.advance(0);
    expect(sent.map(({ length }) => length)).toEqual([3, 3, 1]);
    await Promise.all(all);
    expect(sent.flat().map(({ key }) => key)).toEqual(['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6']);
  });

  it('tries again after what may pass, before anything newer is sent', async () => {
    const { publisher, clock, sent } = setUp(async (records, attempt) => {
      if (attempt < 3) throw new KafkaError('connection', 'gone');
      return places(records);
    });
    const first = publisher.publishRecord(record(1));
    await clock.advance(2);
    const second = publisher.publishRecord(record(2));
    await clock.advance(99);
    expect(sent).toHaveLength(1);
    await clock.advance(1);
    expect(sent).toHaveLength(2);
    await clock.advance(200);
    await Promise.all([first, second]);
    expect(sent.map((batch) => batch.map(({ key }) => key))).toEqual([['k1'], ['k1'], ['k1'], ['k2']]);
  });

  it('gives up at the deadline, with the last error', async () => {
    const { publisher, clock, sent } = setUp(async () => Promise.reject(new KafkaError('connection', 'gone')));
    const code = codeOf(publisher.publishRecord(record(1)));
    await clock.advance(1_100);
    expect(await code).toBe('connection');
    expect(sent.length).toBeGreaterThan(2);
  });

  it('ends with its deadline also when the producer never answers, and goes on', async () => {
    const { publisher, clock } = setUp((records, attempt) => (attempt === 1 ? new Promise(() => {}) : good(records)));
    const hanging = codeOf(publisher.publishRecord(record(1)));
    await clock.advance(500);
    const next = publisher.publishRecord(record(2));
    await clock.advance(500);
    expect(await hanging).toBe('deadline');
    await clock.advance(100);
    await expect(next).resolves.toMatchObject({ offset: 0n });
  });

  it('fails only the record at fault: the others of its batch are sent', async () => {
    const { publisher, clock, sent } = setUp(async (records) => {
      if (records.some(({ topic: name }) => name === 'nowhere')) throw new KafkaError('unknown-topic', 'nowhere');
      return places(records);
    });
    const codes = [record(1), record(2, 'nowhere'), record(3)].map((one) => codeOf(publisher.publishRecord(one)));
    await clock.advance(10);
    expect(await Promise.all(codes)).toEqual(['none', 'unknown-topic', 'none']);
    expect(sent.map(({ length }) => length)).toEqual([3, 1, 1, 1]);
  });

  it('refuses more than it may hold', async () => {
    const { publisher, clock } = setUp(() => new Promise(() => {}), { maxPending: 2 });
    const held = [codeOf(publisher.publishRecord(record(1))), codeOf(publisher.publishRecord(record(2)))];
    expect(await codeOf(publisher.publishRecord(record(3)))).toBe('overloaded');
    await clock.advance(2_000);
    expect(await Promise.all(held)).toEqual(['deadline', 'deadline']);
  });

  it('says so when the driver answers for fewer records than it was given', async () => {
    const { publisher, clock } = setUp(async () => []);
    const code = codeOf(publisher.publishRecord(record(1)));
    await clock.advance(2);
    expect(await code).toBe('broker');
  });

  it('closes after what was published is acknowledged, and takes nothing more', async () => {
    const { publisher, sent } = setUp(good);
    const published = publisher.publishRecord(record(1));
    await publisher.close();
    await published;
    expect(sent).toHaveLength(1);
    expect(await codeOf(publisher.publishRecord(record(2)))).toBe('closed');
    await publisher.flush();
  });
});
