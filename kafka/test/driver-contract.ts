import { randomUUID } from 'node:crypto';
import { KafkaError } from '../errors';
import type {
  GroupListener,
  IncomingRecord,
  KafkaAdmin,
  KafkaDriver,
  OutgoingRecord,
  Producer,
  TopicPartition,
} from '../port';

/** Resolves when `holds` does; fails with what was waited for. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  const until = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const record = (topic: string, key: string | null, text: string, partition?: number): OutgoingRecord => ({
  topic,
  key,
  value: Buffer.from(text),
  headers: { 'event-type': 'Tested' },
  partition,
});

/** Notes what a member is told. */
export function notebook(): GroupListener & {
  readonly records: (records: readonly IncomingRecord[], highWatermark: bigint) => void;
  readonly read: IncomingRecord[];
  readonly assignments: (readonly TopicPartition[])[];
  readonly crashes: Error[];
  readonly marks: bigint[];
} {
  const read: IncomingRecord[] = [];
  const assignments: (readonly TopicPartition[])[] = [];
  const crashes: Error[] = [];
  const marks: bigint[] = [];
  return {
    read,
    assignments,
    crashes,
    marks,
    assigned: (partitions) => void assignments.push(partitions),
    records: (records, mark) => {
      read.push(...records);
      marks.push(mark);
    },
    crashed: (error) => void crashes.push(error),
  };
}

export const textOf = ({ value }: IncomingRecord): string => value?.toString() ?? '';

const places = (partitions: readonly TopicPartition[]): string[] =>
  partitions.map(({ topic, partition }) => `${topic}/${partition}`).sort();

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return error instanceof KafkaError ? error.code : String(error);
  }
  return 'none';
}

/** What every implementation of the port must do. */
export function describeDriver(name: string, create: () => Promise<KafkaDriver>): void {
  describe(`${name} as a KafkaDriver`, () => {
    let driver: KafkaDriver;
    let admin: KafkaAdmin;
    let producer: Producer;
    let topic: string;
    let groupId: string;

    beforeAll(async () => {
      driver = await create();
      admin = await driver.admin();
      producer = await driver.producer();
    });
    afterAll(async () => {
      await producer.close();
      await admin.close();
    });
    beforeEach(async () => {
      topic = `contract-${randomUUID()}`;
      groupId = `group-${randomUUID()}`;
      await admin.createTopics([
        { topic, partitions: 3, replicationFactor: 1, config: { 'retention.ms': '86400000' } },
      ]);
    });

    const join = (listener: GroupListener, fromBeginning = true) =>
      driver.join({ groupId, topics: [topic], fromBeginning, sessionTimeoutMs: 6_000 }, listener);
    const committed = async (): Promise<string[]> =>
      (await admin.committed(groupId, [topic])).map(({ partition, offset }) => `${partition}@${offset}`).sort();

    it('answers one place per record, in the order given', async () => {
      const answer = await producer.send([
        record(topic, 'a', '1', 2),
        record(topic, 'b', '2', 0),
        record(topic, 'c', '3', 2),
      ]);
      expect(answer).toEqual([
        { topic, partition: 2, offset: 0n },
        { topic, partition: 0, offset: 0n },
        { topic, partition: 2, offset: 1n },
      ]);
    });

    it('keeps a key in one partition, in order', async () => {
      const answer = await producer.send(
        Array.from({ length: 20 }, (_, n) => record(topic, `key-${n % 2}`, String(n))),
      );
      for (const parity of [0, 1]) {
        const mine = answer.filter((_, n) => n % 2 === parity);
        expect(new Set(mine.map(({ partition }) => partition)).size).toBe(1);
        expect(mine.map(({ offset }) => offset)).toEqual(
          [...mine.map(({ offset }) => offset)].sort((a, b) => Number(a - b)),
        );
      }
    });

    it('refuses an unknown topic, and goes on with known ones', async () => {
      expect(await codeOf(producer.send([record(`nowhere-${randomUUID()}`, 'a', '1')]))).toBe('unknown-topic');
      await expect(producer.send([record(topic, 'a', '1', 0)])).resolves.toEqual([{ topic, partition: 0, offset: 0n }]);
    });

    it('refuses to send after close', async () => {
      const other = await driver.producer();
      await other.close();
      expect(await codeOf(other.send([record(topic, 'a', '1')]))).toBe('closed');
    });

    it('hands over records whole: key, value, headers, offset, time', async () => {
      const before = Date.now();
      await producer.send([
        record(topic, 'a', 'hello', 1),
        { topic, key: null, value: null, headers: { ä: 'ö' }, partition: 1 },
      ]);
      const notes = notebook();
      const member = await join(notes);
      await eventually('two records', () => notes.read.length === 2);
      expect(notes.read[0]).toMatchObject({
        topic,
        partition: 1,
        offset: 0n,
        key: 'a',
        value: Buffer.from('hello'),
        headers: { 'event-type': 'Tested' },
      });
      expect(notes.read[1]).toMatchObject({ offset: 1n, key: null, value: null, headers: { ä: 'ö' } });
      expect(Math.abs((notes.read[0]?.timestamp ?? 0) - before)).toBeLessThan(60_000);
      expect(notes.marks.at(-1)).toBe(2n);
      await member.stop();
    });

    it('assigns every partition to one member, and starts a new group at the beginning or at the end as asked', async () => {
      await producer.send([record(topic, 'a', 'old', 0)]);
      const notes = notebook();
      const member = await join(notes, false);
      await eventually('an assignment', () => notes.assignments.length > 0);
      expect(places(notes.assignments[0] ?? [])).toEqual([`${topic}/0`, `${topic}/1`, `${topic}/2`]);
      await eventually('the new record', async () => {
        await producer.send([record(topic, 'a', 'new', 0)]);
        return notes.read.length > 0;
      });
      expect(notes.read.map(textOf)).not.toContain('old');
      await member.stop();
    });

    it('starts again at the last committed offset', async () => {
      await producer.send(['1', '2', '3'].map((text) => record(topic, 'a', text, 0)));
      const first = notebook();
      const member = await join(first);
      await eventually('three records', () => first.read.length === 3);
      await member.commit([{ topic, partition: 0, offset: 2n }]);
      await member.stop();
      expect(await committed()).toEqual(['0@2']);
      const second = notebook();
      const successor = await join(second);
      await eventually('the third record', () => second.read.length > 0);
      expect(second.read.map(textOf)).toEqual(['3']);
      await successor.stop();
    });

    it('refuses to commit what is not assigned, what goes backwards, and after leaving', async () => {
      await producer.send(['1', '2', '3'].map((text) => record(topic, 'a', text, 0)));
      const notes = notebook();
      const member = await join(notes);
      await eventually('three records', () => notes.read.length === 3);
      expect(await codeOf(member.commit([{ topic, partition: 7, offset: 1n }]))).toBe('not-assigned');
      await member.commit([{ topic, partition: 0, offset: 3n }]);
      expect(await codeOf(member.commit([{ topic, partition: 0, offset: 1n }]))).toBe('backwards');
      await member.stop();
      expect(await codeOf(member.commit([{ topic, partition: 0, offset: 3n }]))).toBe('closed');
      expect(await committed()).toEqual(['0@3']);
    });

    it('pauses and resumes single partitions', async () => {
      const notes = notebook();
      const member = await join(notes);
      await eventually('an assignment', () => notes.assignments.length > 0);
      member.pause([{ topic, partition: 0 }]);
      await producer.send([record(topic, 'a', 'paused', 0), record(topic, 'b', 'flows', 1)]);
      await eventually('the other partition', () => notes.read.length > 0);
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(notes.read.map(textOf)).toEqual(['flows']);
      member.resume([{ topic, partition: 0 }]);
      await eventually('the paused record', () => notes.read.length === 2);
      expect(notes.read.map(textOf)).toEqual(['flows', 'paused']);
      await member.stop();
    });

    it('gives a new assignment, nothing paused, to everybody when a member comes or goes', async () => {
      await producer.send([0, 1, 2].map((partition) => record(topic, 'a', `early-${partition}`, partition)));
      const one = notebook();
      const first = await join(one);
      await eventually('three records', () => one.read.length === 3);
      first.pause((one.assignments[0] ?? []).map(({ topic: name, partition }) => ({ topic: name, partition })));
      const two = notebook();
      const second = await join(two);
      await eventually('a split assignment', () => {
        const [a, b] = [one.assignments.at(-1) ?? [], two.assignments.at(-1) ?? []];
        return a.length > 0 && b.length > 0 && a.length + b.length === 3;
      });
      await second.stop();
      await eventually('the whole assignment again', () => one.assignments.at(-1)?.length === 3);
      one.read.length = 0;
      await producer.send([0, 1, 2].map((partition) => record(topic, 'a', `late-${partition}`, partition)));
      await eventually(
        'records of all partitions',
        () => new Set(one.read.map(textOf).filter((text) => text.startsWith('late'))).size === 3,
      );
      await first.stop();
    });

    it('refuses a commit for a partition that went to another member', async () => {
      await producer.send([0, 1, 2].map((partition) => record(topic, 'a', 'x', partition)));
      const one = notebook();
      const first = await join(one);
      await eventually('three records', () => one.read.length === 3);
      const two = notebook();
      const second = await join(two);
      await eventually(
        'a split assignment',
        () => (one.assignments.at(-1)?.length ?? 3) < 3 && two.assignments.length > 0,
      );
      const lost =
        [0, 1, 2].find((partition) => !one.assignments.at(-1)?.some((place) => place.partition === partition)) ?? -1;
      expect(await codeOf(first.commit([{ topic, partition: lost, offset: 1n }]))).toBe('not-assigned');
      expect(await committed()).toEqual([]);
      await Promise.all([first.stop(), second.stop()]);
    });

    it('reads a range without a group', async () => {
      await producer.send(Array.from({ length: 5 }, (_, n) => record(topic, 'a', String(n), 1)));
      const range = async (from: bigint, until: bigint): Promise<string[]> => {
        const texts: string[] = [];
        for await (const one of driver.readRange(topic, 1, from, until)) texts.push(textOf(one));
        return texts;
      };
      expect(await range(1n, 4n)).toEqual(['1', '2', '3']);
      expect(await range(3n, 100n)).toEqual(['3', '4']);
      expect(await range(4n, 4n)).toEqual([]);
      expect(await codeOf(driver.readRange(`nowhere-${topic}`, 0, 0n, 1n)[Symbol.asyncIterator]().next())).toBe(
        'unknown-topic',
      );
    });

    it('creates topics once and describes them', async () => {
      const spec = { topic, partitions: 3, replicationFactor: 1, config: { 'retention.ms': '86400000' } };
      await admin.createTopics([{ ...spec, partitions: 9 }]);
      expect(await admin.describeTopics([topic, 'nowhere'])).toEqual([spec]);
      await producer.send([record(topic, 'a', 'x', 2)]);
      expect(await admin.endOffsets(topic)).toEqual(
        [0, 1, 2].map((partition) => ({ topic, partition, offset: partition === 2 ? 1n : 0n })),
      );
    });

    it('refuses to join for an unknown topic', async () => {
      expect(
        await codeOf(driver.join({ groupId, topics: [`nowhere-${topic}`], fromBeginning: true }, notebook())),
      ).toBe('unknown-topic');
    });
  });
}
