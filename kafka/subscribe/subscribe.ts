import {
  type DecodedRecord,
  type EventDefinition,
  type EventOf,
  registry as everyEvent,
  type Registry,
} from '@millrace/events';
import { runConsumer } from '../consumer/run-consumer';
import type { ConsumerOptions, LaneItem, LaneWork, RunningConsumer } from '../consumer/types';
import { type DeadLetterCause, toDeadLetter } from '../dead-letter';
import { silent } from '../logger';
import type { IncomingRecord, OutgoingRecord, RecordPlace } from '../port';
import { PermanentError } from './permanent-error';

export interface HandledRecord {
  readonly record: IncomingRecord;
  readonly traceparent: string | undefined;
  /** 1 for the first try of this process. */
  readonly attempt: number;
}

type Consumer = ConsumerOptions<Work>;

export interface SubscribeOptions<Definitions extends readonly EventDefinition[]>
  extends Pick<
    Consumer,
    | 'driver'
    | 'groupId'
    | 'fromBeginning'
    | 'sessionTimeoutMs'
    | 'limits'
    | 'retry'
    | 'stopDeadlineMs'
    | 'metrics'
    | 'clock'
    | 'random'
    | 'logger'
    | 'onAssigned'
  > {
  /** What this service listens to. Other events of the same topics are passed over. */
  readonly events: Definitions;
  /** Default: the topics of `events`. */
  readonly topics?: readonly string[] | undefined;
  /**
   * Called once per event, in the order of its key; other keys go on meanwhile. An event may come again, after a crash or a
   * rebalance: make it idempotent under `tenantId` and `eventId`. Throw `PermanentError` to give the event up; anything else is
   * tried again with back-off, and what is behind it in its lane waits.
   */
  handle(event: EventOf<Definitions[number]>, context: HandledRecord): Promise<void>;
  /** Sends dead letters; a `Publisher` fits. The offset waits for the acknowledgement. */
  readonly deadLetters: { publishRecord(record: OutgoingRecord): Promise<RecordPlace> };
  /** What becomes of records that cannot be decoded: default `dead-letter`; `pass` leaves them to another group of the topic. */
  readonly undecodable?: 'dead-letter' | 'pass' | undefined;
  /** Tries before a record is given up as `exhausted`; default: no limit. */
  readonly maxAttempts?: number | undefined;
  readonly registry?: Registry | undefined;
}

/** Mutable: what is done is not done again when the batch it came in is. */
interface Work {
  readonly decoded: DecodedRecord;
  attempt: number;
  done: boolean;
}

/** A service's consumer: decodes, hands over event by event, retries what may pass, dead-letters what may not. */
export function subscribe<const Definitions extends readonly EventDefinition[]>(
  options: SubscribeOptions<Definitions>,
): Promise<RunningConsumer> {
  const {
    events,
    registry = everyEvent,
    undecodable = 'dead-letter',
    maxAttempts = Number.POSITIVE_INFINITY,
    logger = silent,
  } = options;
  const wanted = new Set(events.map(({ type }) => type));
  const isWanted = (
    decoded: Extract<DecodedRecord, { ok: true }>,
  ): decoded is typeof decoded & { event: EventOf<Definitions[number]> } => wanted.has(decoded.event.eventType);

  const split = (record: IncomingRecord): readonly LaneWork<Work>[] => {
    const decoded = registry.decode(record);
    if (decoded.ok ? !isWanted(decoded) : undecodable === 'pass') return [];
    return [{ lane: laneOf(record, decoded), work: { decoded, attempt: 0, done: false } }];
  };

  const giveUp = async (record: IncomingRecord, cause: Omit<DeadLetterCause, 'group'>): Promise<void> => {
    await options.deadLetters.publishRecord(toDeadLetter(record, { ...cause, group: options.groupId }));
    const { topic, partition, offset } = record;
    logger.warn(
      { topic, partition, offset: offset.toString(), code: cause.code, class: cause.class },
      'a record was given up',
    );
  };

  const settleOne = async ({ record, work }: LaneItem<Work>): Promise<void> => {
    const { decoded } = work;
    if (!decoded.ok)
      return giveUp(record, { code: decoded.fault.code, message: faultMessage(decoded.fault), class: 'poison' });
    if (!isWanted(decoded)) return;
    work.attempt += 1;
    try {
      await options.handle(decoded.event, { record, traceparent: decoded.traceparent, attempt: work.attempt });
    } catch (error) {
      const cause = givenUp(error, work.attempt, maxAttempts);
      if (cause === undefined) throw error;
      await giveUp(record, { ...cause, attempt: work.attempt });
    }
  };

  return runConsumer<Work>({
    ...options,
    topics: options.topics ?? topicsOf(events),
    split,
    async settle(_lane, batch) {
      for (const item of batch) {
        if (item.work.done) continue;
        await settleOne(item);
        item.work.done = true;
      }
    },
  });
}

/** Undefined: try again. */
function givenUp(
  error: unknown,
  attempt: number,
  maxAttempts: number,
): Pick<DeadLetterCause, 'code' | 'message' | 'class'> | undefined {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof PermanentError) return { code: error.code, message, class: 'permanent' };
  return attempt < maxAttempts ? undefined : { code: 'attempts-exhausted', message, class: 'exhausted' };
}

const faultMessage = ({ path, message }: { readonly path?: string | undefined; readonly message: string }): string =>
  path === undefined ? message : `${path}: ${message}`;

/** Kafka orders by key, so a lane is a key: of the event where it can be read, else of the record. */
const laneOf = (record: IncomingRecord, decoded: DecodedRecord): string =>
  decoded.ok
    ? `${decoded.event.tenantId}/${decoded.event.aggregateId}`
    : `${record.topic}/${record.partition}/${record.key ?? ''}`;

const topicsOf = (events: readonly EventDefinition[]): string[] => [
  ...new Set(events.flatMap(({ topic }) => (topic === null ? [] : [topic]))),
];
