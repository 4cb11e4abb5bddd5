import { toBinary, toStructured } from './cloud-events';
import type { EventDefinition } from './define-event';
import type { Envelope } from './envelope';
import { InvalidEventError } from './faults';
import { HEADERS, validTraceparent } from './headers';
import { DEFAULT_LIMITS } from './json';

/** A record ready to be sent; it is an `OutgoingRecord` of the client port. */
export interface EventRecord {
  readonly topic: string;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface EncodeOptions {
  /** W3C trace context; a broken one is left out. */
  readonly traceparent?: string | undefined;
  /** Default: the topic of the event's definition. */
  readonly topic?: string | undefined;
  readonly format?: 'envelope' | 'cloudevents-binary' | 'cloudevents-structured' | undefined;
  /** Bytes of the value; default 256 KiB, the most that readers take. */
  readonly maxBytes?: number | undefined;
}

/** @throws InvalidEventError oversized; unknown-type when neither the definition nor the caller names a topic */
export function encodeEvent(
  event: Envelope,
  definition: EventDefinition | undefined,
  options: EncodeOptions = {},
): EventRecord {
  const topic = options.topic ?? definition?.topic ?? null;
  if (topic === null)
    throw new InvalidEventError({
      code: 'unknown-type',
      message: `no topic is known for ${event.eventType}`,
      path: 'eventType',
    });
  const traceparent = validTraceparent(options.traceparent);
  const { value, headers } = body(event, traceparent, options.format ?? 'envelope');
  const maxBytes = options.maxBytes ?? DEFAULT_LIMITS.maxBytes;
  if (value.length > maxBytes)
    throw new InvalidEventError({ code: 'oversized', message: `${value.length} bytes; ${maxBytes} are allowed` });
  return { topic, key: event.aggregateId, value, headers: { ...envelopeHeaders(event), ...headers } };
}

function body(
  event: Envelope,
  traceparent: string | undefined,
  format: EncodeOptions['format'],
): { value: Buffer; headers: Record<string, string> } {
  switch (format) {
    case 'cloudevents-binary':
      return toBinary(event, traceparent);
    case 'cloudevents-structured':
      return toStructured(event, traceparent);
    default:
      return {
        value: Buffer.from(JSON.stringify(event)),
        headers: traceparent === undefined ? {} : { [HEADERS.traceparent]: traceparent },
      };
  }
}

const envelopeHeaders = (event: Envelope): Record<string, string> => ({
  [HEADERS.eventId]: event.eventId,
  [HEADERS.eventType]: event.eventType,
  [HEADERS.eventVersion]: event.eventVersion,
  [HEADERS.tenantId]: event.tenantId,
  [HEADERS.correlationId]: event.correlationId,
});
