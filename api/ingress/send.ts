import { KafkaError, type RecordPlace } from '@millrace/kafka';
import type { EventPublisher, Limits } from '../deps';
import { within } from '../http/deadline';
import { Problem } from '../http/problem';
import type { Admitted } from './admit';

export interface Sent extends Admitted {
  readonly place: RecordPlace;
}

/**
 * Resolves once Kafka has acknowledged every event. The publisher gathers them into few requests, in the order given.
 * Rejects with 503: some may be in the log then, and sending the same ids again is safe.
 */
export function sendAll(
  events: readonly Admitted[],
  publisher: EventPublisher,
  limits: Limits,
): Promise<readonly Sent[]> {
  const sending = events.map(
    async (one): Promise<Sent> => ({ ...one, place: await publisher.publishRecord(one.record) }),
  );
  return acknowledged(Promise.all(sending), limits);
}

/** Waits for Kafka at most `publishTimeoutMs`; whatever else goes wrong there than a record's size is a 503. */
export async function acknowledged<T>(sending: Promise<T>, { publishTimeoutMs }: Limits): Promise<T> {
  const late = () => new KafkaError('deadline', `no acknowledgement within ${publishTimeoutMs} ms`);
  try {
    return await within(publishTimeoutMs, sending, late);
  } catch (cause) {
    throw problemOfKafka(cause);
  }
}

function problemOfKafka(cause: unknown): Problem {
  if (cause instanceof KafkaError && cause.code === 'too-large') {
    return new Problem('too-large', 'Kafka refuses a record of this size.', { cause });
  }
  const detail = 'What was sent may have arrived or not; send it again with the same ids or Idempotency-Key.';
  return new Problem('kafka-unavailable', detail, { cause });
}
