import { HEADERS } from '@millrace/events';
import { deadLetterTopic, type IncomingRecord, DEAD_LETTER_HEADERS as NAMES } from '@millrace/kafka';
import type { DeadLetter } from '../../store/types';

export type IndexedLetter = Omit<DeadLetter, 'id' | 'redrivenAt' | 'redriveCount'>;

const SUFFIX = deadLetterTopic('');
/** Kafka's, and the store's: a larger one could never be written, and the index would stop at it. */
const MAX_PARTITION = 2 ** 31 - 1;

/** What a record of a dead-letter topic says of itself. Anybody may write there, so that every header may be missing or wrong. */
export function letterOf(record: IncomingRecord): IndexedLetter {
  const { topic, partition, offset, key, value, headers, timestamp } = record;
  const originalOffset = wholeNumber(headers[NAMES.offset]);
  const originalPartition = wholeNumber(headers[NAMES.partition]);
  const envelope = envelopeOf(value);
  const named = (header: string, field: string) => headers[header] ?? text(envelope?.[field]);
  return {
    deadLetterTopic: topic,
    partition,
    offset: String(offset),
    originalTopic: headers[NAMES.topic] ?? (topic.endsWith(SUFFIX) ? topic.slice(0, -SUFFIX.length) : topic),
    originalPartition:
      originalPartition === null || Number(originalPartition) > MAX_PARTITION ? null : Number(originalPartition),
    originalOffset,
    eventId: named(HEADERS.eventId, 'eventId'),
    eventType: named(HEADERS.eventType, 'eventType'),
    tenantId: named(HEADERS.tenantId, 'tenantId'),
    key,
    cause: headers[NAMES.code] ?? 'unknown',
    message: headers[NAMES.message] ?? '',
    value,
    headers,
    deadAt: new Date(timestamp).toISOString(),
  };
}

const wholeNumber = (header: string | undefined): string | null =>
  header !== undefined && /^\d{1,18}$/.test(header) ? header : null;

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function envelopeOf(value: Buffer | null): Readonly<Record<string, unknown>> | undefined {
  if (value === null) return undefined;
  try {
    const parsed: unknown = JSON.parse(value.toString());
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}
