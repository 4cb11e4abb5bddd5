import {
  type Kafka,
  type Producer as KafkajsProducer,
  type Message,
  Partitioners,
  type RecordMetadata,
  type TopicMessages,
} from 'kafkajs';
import type { Clock } from '../clock';
import { KafkaError } from '../errors';
import type { Logger } from '../logger';
import type { OutgoingRecord, Producer, RecordPlace } from '../port';
import { translateError } from './translate-error';

export interface ProducerOptions {
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One request's worth: below the broker's limit of 1 MiB per partition, and small enough for kafkajs's quadratic grouping. */
const MAX_RECORDS = 500;
const MAX_BYTES = 900_000;
/** How long a send that missed its deadline may still hold up the next one, so that it does not land behind it. */
const GRACE_MS = 5_000;

/**
 * An idempotent producer, acks=all, kept honest where kafkajs 2.2.4 is not:
 * - one send at a time: a second one could take over the sequence numbers of a first one that waits for its retry, and be
 *   acknowledged as its duplicate without being written (tulios/kafkajs#1005);
 * - a deadline, since it may retry for ever;
 * - a new producer after every failure: numbers may have been used or not, and a fatal sequence error would last;
 * - a record keeps its partition when it is tried again.
 */
export function kafkajsProducer(kafka: Kafka, options: ProducerOptions): Producer {
  const { clock, logger, deadlineMs } = options;
  let current: Promise<Connected> | undefined;
  let turn: Promise<void> = Promise.resolve();
  let closed = false;

  const connected = (): Promise<Connected> => {
    current ??= connect(kafka).catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };

  const giveUp = (): void => {
    const old = current;
    current = undefined;
    old
      ?.then(({ producer }) => producer.disconnect())
      .catch((error: unknown) => logger.debug({ error }, 'an old producer did not disconnect'));
  };

  /** Ends at `late`, or what is left of a send that was given up would go out beside the next one, by the next producer. */
  const attempt = async (records: readonly OutgoingRecord[], late: Deadline): Promise<RecordPlace[]> => {
    const places: RecordPlace[] = [];
    for (const chunk of chunks(records)) {
      if (late.isPassed()) break;
      places.push(...(await sendChunk(await connected(), chunk)));
    }
    return places;
  };

  const send = async (records: readonly OutgoingRecord[]): Promise<readonly RecordPlace[]> => {
    if (closed) throw new KafkaError('closed', 'the producer is closed');
    if (records.length === 0) return [];
    const before = turn;
    let free = (): void => {};
    turn = new Promise((resolve) => {
      free = resolve;
    });
    const late = deadline(clock, deadlineMs);
    try {
      await Promise.race([before, late.passed]);
    } catch (error) {
      // Not sent at all; whoever comes next waits for the one before, not for this one.
      void before.then(free);
      throw error;
    }
    const sending = attempt(records, late);
    try {
      const places = await Promise.race([sending, late.passed]);
      free();
      return places;
    } catch (error) {
      giveUp();
      const cancelGrace = clock.after(GRACE_MS, free);
      void sending
        .catch(() => {})
        .then(() => {
          cancelGrace(); // or it would keep an ended process alive
          free();
        });
      throw translateError(error);
    } finally {
      late.cancel();
    }
  };

  return {
    send,
    async close() {
      closed = true;
      await turn;
      const old = current;
      current = undefined;
      await old?.then(({ producer }) => producer.disconnect());
    },
  };
}

interface Connected {
  readonly producer: KafkajsProducer;
  /** The partition each message was given, by message. */
  readonly partitions: WeakMap<Message, number>;
}

async function connect(kafka: Kafka): Promise<Connected> {
  const partitions = new WeakMap<Message, number>();
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    // Bounded: our deadline gives up anyway, and nothing may go on retrying behind it for ever.
    retry: { retries: 6, initialRetryTime: 100, maxRetryTime: 3_000 },
    createPartitioner: () => {
      const choose = Partitioners.DefaultPartitioner();
      return (args) => {
        const partition = partitions.get(args.message) ?? choose(args);
        partitions.set(args.message, partition);
        return partition;
      };
    },
  });
  await producer.connect();
  return { producer, partitions };
}

async function sendChunk(
  { producer, partitions }: Connected,
  records: readonly OutgoingRecord[],
): Promise<RecordPlace[]> {
  const messages = records.map(toMessage);
  const byTopic = new Map<string, Message[]>();
  records.forEach(({ topic }, index) => {
    const list = byTopic.get(topic);
    const message = messages[index] as Message;
    if (list === undefined) byTopic.set(topic, [message]);
    else list.push(message);
  });
  const topicMessages: TopicMessages[] = [...byTopic].map(([topic, list]) => ({ topic, messages: list }));
  const answers = await producer.sendBatch({ acks: -1, topicMessages });
  return placesOf(records, messages, partitions, answers);
}

const toMessage = ({ key, value, headers, partition }: OutgoingRecord): Message => ({
  key,
  value,
  headers: { ...headers },
  ...(partition === undefined ? {} : { partition }),
});

/** The broker answers one base offset per partition; records of a partition follow it in the order they were given. */
function placesOf(
  records: readonly OutgoingRecord[],
  messages: readonly Message[],
  partitions: WeakMap<Message, number>,
  answers: readonly RecordMetadata[],
): RecordPlace[] {
  const next = new Map(
    answers.map(({ topicName, partition, baseOffset }) => [`${topicName}/${partition}`, BigInt(baseOffset ?? '-1')]),
  );
  return records.map(({ topic }, index) => {
    const partition = partitions.get(messages[index] as Message) ?? -1;
    const place = `${topic}/${partition}`;
    const offset = next.get(place);
    if (offset === undefined) throw new KafkaError('broker', `no answer for ${topic}, partition ${partition}`);
    next.set(place, offset + 1n);
    return { topic, partition, offset };
  });
}

function* chunks(records: readonly OutgoingRecord[]): Iterable<readonly OutgoingRecord[]> {
  let chunk: OutgoingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = (record.value?.length ?? 0) + 500;
    if (chunk.length > 0 && (chunk.length >= MAX_RECORDS || bytes + size > MAX_BYTES)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(record);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

interface Deadline {
  readonly passed: Promise<never>;
  isPassed(): boolean;
  cancel(): void;
}

function deadline(clock: Clock, ms: number): Deadline {
  let cancel = (): void => {};
  let isPassed = false;
  const passed = new Promise<never>((_, reject) => {
    cancel = clock.after(ms, () => {
      isPassed = true;
      reject(new KafkaError('deadline', `not acknowledged within ${ms} ms`));
    });
  });
  passed.catch(() => {});
  return { passed, isPassed: () => isPassed, cancel };
}
