import type { Publisher } from '@millrace/kafka';

/** The part of the publisher that an outbox needs. */
export type EventPublisher = Pick<Publisher, 'publishEvent'>;
