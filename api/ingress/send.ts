import { InvalidEventError } from '@millrace/events';
import type { RecordPlace } from '@millrace/kafka';
import type { EventPublisher, Limits } from '../deps';
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
  const sending = events.map(async (admitted): Promise<Sent> => {
    const { event, traceparent } = admitted;
    return {
      ...admitted,
      place: await publisher.publishEvent(event, traceparent === undefined ? {} : { traceparent }),
    };
  });
  return acknowledged(Promise.all(sending), limits);
}

/** Waits for Kafka at most `publishTimeoutMs`; whatever goes wrong there is a 503. */
export async function acknowledged<T>(sending: Promise<T>, limits: Limits): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no acknowledgement within ${limits.publishTimeoutMs} ms`)),
      limits.publishTimeoutMs,
    );
  });
  try {
    return await Promise.race([sending, late]);
  } catch (cause) {
    if (cause instanceof InvalidEventError) throw tooLate(cause);
    throw new Problem(
      'kafka-unavailable',
      'What was sent may have arrived or not; send it again with the same ids or Idempotency-Key.',
      { cause },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** What was lifted to its latest version may have outgrown what fits into a record. */
const tooLate = (cause: InvalidEventError) =>
  cause.fault.code === 'oversized' ? new Problem('too-large', cause.fault.message, { cause }) : cause;
