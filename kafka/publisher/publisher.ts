import {
  type EncodeOptions,
  type Envelope,
  type EventDefinition,
  encodeEvent,
  registry as everyEvent,
  type NewEvent,
  newEvent,
  type Registry,
} from '@millrace/events';
import { type Backoff, backoffMs } from '../backoff';
import { type Clock, systemClock } from '../clock';
import { KafkaError } from '../errors';
import type { OutgoingRecord, Producer, RecordPlace } from '../port';

export interface PublisherOptions {
  readonly producer: Producer;
  /** How long the first record of a request waits for others. Default 2 ms; 0 gathers what comes in the same turn. */
  readonly lingerMs?: number | undefined;
  /** Records per request; default 500. */
  readonly maxBatch?: number | undefined;
  /** From `publish` to the acknowledgement, retries included; default 30 s. */
  readonly deadlineMs?: number | undefined;
  /** Records waiting or on their way; more are refused with `overloaded`. Default 20,000. */
  readonly maxPending?: number | undefined;
  readonly retry?: Backoff | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
  readonly registry?: Registry | undefined;
}

export interface PublishOptions extends Pick<EncodeOptions, 'traceparent' | 'format' | 'topic'> {}

/**
 * Validates, envelopes and sends; resolves once all in-sync replicas have the record.
 * Every method rejects with `InvalidEventError` (never sent) or `KafkaError` (`deadline`: may be in the log or not).
 * Records of one key are acknowledged in the order in which they were published: a failed request is repeated before the next is sent.
 */
export interface Publisher {
  publish<Type extends string, Data, Input>(
    definition: EventDefinition<Type, Data, Input>,
    input: NewEvent<Input>,
    options?: PublishOptions,
  ): Promise<{ readonly event: Envelope<Type, Data>; readonly place: RecordPlace }>;
  publishEvent(event: Envelope, options?: PublishOptions): Promise<RecordPlace>;
  publishRecord(record: OutgoingRecord): Promise<RecordPlace>;
  /** Resolves when all that was published before is acknowledged or rejected. */
  flush(): Promise<void>;
  /** Refuses new records, flushes. The producer stays open: it belongs to the caller. */
  close(): Promise<void>;
}

interface Pending {
  readonly record: OutgoingRecord;
  readonly until: number;
  readonly resolve: (place: RecordPlace) => void;
  readonly reject: (error: unknown) => void;
}

const RETRY: Backoff = { initialMs: 50, maxMs: 5_000 };

export function createPublisher(options: PublisherOptions): Publisher {
  const { producer, lingerMs = 2, maxBatch = 500, deadlineMs = 30_000, maxPending = 20_000, retry = RETRY } = options;
  const { clock = systemClock, random = Math.random, registry = everyEvent } = options;
  const waiting: Pending[] = [];
  let onTheirWay = 0;
  let sending = false;
  let lingering = false;
  let closed = false;
  const idle: (() => void)[] = [];

  const publishRecord = (record: OutgoingRecord): Promise<RecordPlace> => {
    if (closed) return Promise.reject(new KafkaError('closed', 'the publisher is closed'));
    if (waiting.length + onTheirWay >= maxPending)
      return Promise.reject(new KafkaError('overloaded', `${maxPending} records wait already`));
    return new Promise((resolve, reject) => {
      waiting.push({ record, until: clock.now() + deadlineMs, resolve, reject });
      arrange();
    });
  };

  /** While a request is on its way records gather by themselves; else the first one waits a moment for others. */
  const arrange = (): void => {
    if (sending) return;
    if (waiting.length >= maxBatch) void drain();
    else if (!lingering) {
      lingering = true;
      clock.after(lingerMs, () => {
        lingering = false;
        if (!sending) void drain();
      });
    }
  };

  const drain = async (): Promise<void> => {
    sending = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, maxBatch);
      onTheirWay = batch.length;
      await sendUntilDeadline(batch);
      onTheirWay = 0;
    }
    sending = false;
    for (const done of idle.splice(0)) done();
  };

  const sendUntilDeadline = async (batch: readonly Pending[]): Promise<void> => {
    let left = batch;
    for (let attempt = 1; left.length > 0; attempt += 1) {
      try {
        settle(left, await inTime(producer.send(left.map(({ record }) => record)), left));
        return;
      } catch (error) {
        left = await afterFailure(left, error, attempt);
      }
    }
  };

  /** Rejects as soon as the first of the batch is out of time: a producer may hang. */
  const inTime = async <T>(sent: Promise<T>, batch: readonly Pending[]): Promise<T> => {
    const first = Math.min(...batch.map(({ until }) => until));
    let cancel = (): void => {};
    const late = new Promise<never>((_, reject) => {
      cancel = clock.after(first - clock.now(), () =>
        reject(new KafkaError('deadline', `not acknowledged within ${deadlineMs} ms`)),
      );
    });
    try {
      return await Promise.race([sent, late]);
    } finally {
      cancel();
    }
  };

  const settle = (batch: readonly Pending[], places: readonly RecordPlace[]): void => {
    batch.forEach((one, index) => {
      const place = places[index];
      if (place === undefined) one.reject(new KafkaError('broker', 'the driver answered fewer places than records'));
      else one.resolve(place);
    });
  };

  /** Rejects those that cannot or may no longer be tried again, waits, and answers the others. */
  const afterFailure = async (
    batch: readonly Pending[],
    error: unknown,
    attempt: number,
  ): Promise<readonly Pending[]> => {
    if (batch.length > 1 && !isRetriable(error)) return oneByOne(batch);
    const wait = backoffMs(retry, attempt, random);
    const left: Pending[] = [];
    for (const one of batch) {
      if (isRetriable(error) && one.until > clock.now() + wait) left.push(one);
      else one.reject(error);
    }
    if (left.length > 0) await new Promise<void>((resolve) => clock.after(wait, resolve));
    return left;
  };

  /** One record that is too large, or for an unknown topic, must not fail those that were gathered with it. */
  const oneByOne = async (batch: readonly Pending[]): Promise<readonly Pending[]> => {
    for (const one of batch) await sendUntilDeadline([one]);
    return [];
  };

  const flush = (): Promise<void> => {
    if (waiting.length === 0 && !sending) return Promise.resolve();
    const done = new Promise<void>((resolve) => {
      idle.push(resolve);
    });
    if (!sending) void drain();
    return done;
  };

  const publishEvent: Publisher['publishEvent'] = async (event, encoding) =>
    publishRecord(encodeEvent(event, registry.definition(event.eventType), encoding));

  return {
    async publish(definition, input, encoding) {
      const event = newEvent(definition, input);
      return { event, place: await publishRecord(encodeEvent(event, definition, encoding)) };
    },
    publishEvent,
    publishRecord,
    flush,
    close() {
      closed = true;
      return flush();
    },
  };
}

const isRetriable = (error: unknown): boolean => !(error instanceof KafkaError) || error.retriable;
