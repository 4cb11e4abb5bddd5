import { encode } from '@millrace/events';
import { DEAD_LETTER_HEADERS, type DeadLetterCause, type OutgoingRecord, toDeadLetter } from '@millrace/kafka';
import type { DeliveredEvent } from '../store/types';

/** Where an event is said to have been when nobody knows: it did not come over Kafka. */
const UNKNOWN: Pick<NonNullable<DeliveredEvent['source']>, 'partition' | 'offset' | 'redriveCount'> = {
  partition: -1,
  offset: '-1',
};

/**
 * The dead letter of an event that is no longer a record: out of a parked lane, or late in the store. It goes to the
 * dead-letter topic of the topic it came in, else of its definition's. Whatever its size: written again, as an envelope
 * and lifted, an event may be larger than the record it came in, and the relay would stop at it for ever.
 */
export function deadLetterOf(event: DeliveredEvent, cause: DeadLetterCause): OutgoingRecord {
  const { traceparent, source, ...envelope } = event;
  const record = encode(envelope, { traceparent, topic: source?.topic, maxBytes: Number.MAX_SAFE_INTEGER });
  const { partition, offset, redriveCount } = source ?? UNKNOWN;
  const redriven = redriveCount === undefined ? {} : { [DEAD_LETTER_HEADERS.redriveCount]: String(redriveCount) };
  const headers = { ...record.headers, ...redriven };
  const place = { partition, offset: BigInt(offset), timestamp: Date.parse(event.eventTime) };
  return toDeadLetter({ ...record, ...place, headers }, cause);
}
