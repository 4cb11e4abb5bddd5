import type { Envelope } from '@millrace/events';

/** The part of the publisher of @millrace/kafka that an outbox needs. Resolves when Kafka has acknowledged the event. */
export interface EventPublisher {
  publishEvent(event: Envelope, options?: { readonly traceparent?: string | undefined }): Promise<unknown>;
}
