import type { IncomingRecord, OutgoingRecord } from './port';

/** Header names of a dead letter. They are overwritten, never appended: a letter that dies again tells of its last death. */
export const DEAD_LETTER_HEADERS = {
  topic: 'x-original-topic',
  partition: 'x-original-partition',
  offset: 'x-original-offset',
  timestamp: 'x-original-timestamp',
  code: 'x-error-code',
  message: 'x-error-message',
  class: 'x-error-class',
  group: 'x-group',
  attempt: 'x-attempt',
  redriveId: 'x-redrive-id',
  redriveCount: 'x-redrive-count',
} as const;

/** `poison`: cannot be read. `permanent`: read, and refused for good. `late`: its subject has closed. `exhausted`: tried often enough. */
export type DeadLetterClass = 'poison' | 'permanent' | 'late' | 'exhausted';

export interface DeadLetterCause {
  readonly code: string;
  readonly message: string;
  readonly class: DeadLetterClass;
  /** Consumer group that gave up. */
  readonly group: string;
  readonly attempt?: number | undefined;
}

/** How often a record was redriven, by its headers; 0 when they do not say. */
export const redriveCountOf = (headers: Readonly<Record<string, string>>): number => {
  const count = headers[DEAD_LETTER_HEADERS.redriveCount] ?? '';
  return /^\d{1,6}$/.test(count) ? Number(count) : 0;
};

export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;

const MESSAGE_LIMIT = 1_000;

/** The same key, value and headers (redrive headers included), for the source topic's dead-letter topic, with the cause. */
export function toDeadLetter(
  record: IncomingRecord,
  { code, message, class: errorClass, group, attempt }: DeadLetterCause,
): OutgoingRecord {
  const names = DEAD_LETTER_HEADERS;
  return {
    topic: deadLetterTopic(record.topic),
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      [names.topic]: record.topic,
      [names.partition]: String(record.partition),
      [names.offset]: record.offset.toString(),
      [names.timestamp]: String(record.timestamp),
      [names.code]: code,
      [names.message]: message.slice(0, MESSAGE_LIMIT),
      [names.class]: errorClass,
      [names.group]: group,
      [names.attempt]: String(attempt ?? 1),
    },
  };
}
