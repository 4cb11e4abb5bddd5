import { type Envelope, encode } from '@millrace/events';
import type { OutgoingRecord, RecordPlace } from '@millrace/kafka';
import type { EventPublisher } from '../deps';

export interface MemoryPublisher extends EventPublisher {
  readonly events: { readonly event: Envelope; readonly traceparent: string | undefined }[];
  readonly records: OutgoingRecord[];
  /** Until it is undefined again, every send fails, or never answers. */
  away: 'failing' | 'silent' | undefined;
}

export function memoryPublisher(): MemoryPublisher {
  const events: MemoryPublisher['events'] = [];
  const records: OutgoingRecord[] = [];
  const publisher: MemoryPublisher = {
    events,
    records,
    away: undefined,
    publishRecord: async (record) => {
      if (publisher.away === 'failing') throw new Error('no broker answers');
      if (publisher.away === 'silent') return new Promise<RecordPlace>(() => {});
      records.push(record);
      return { topic: record.topic, partition: 0, offset: BigInt(records.length - 1) };
    },
    publishEvent: async (event, options = {}) => {
      const place = await publisher.publishRecord(encode(event, options));
      events.push({ event, traceparent: options.traceparent });
      return place;
    },
  };
  return publisher;
}
