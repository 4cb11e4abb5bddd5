import { type Envelope, registry } from '@millrace/events';
import { KafkaError, type OutgoingRecord, type RecordPlace } from '@millrace/kafka';
import type { EventPublisher } from '../deps';

export interface MemoryPublisher extends EventPublisher {
  readonly records: OutgoingRecord[];
  /** What a consumer would read. */
  events(): readonly { readonly event: Envelope; readonly traceparent?: string | undefined }[];
  /** Until it is undefined again, every send fails, or never answers. */
  away: 'failing' | 'silent' | undefined;
}

export function memoryPublisher(): MemoryPublisher {
  const records: OutgoingRecord[] = [];
  const publisher: MemoryPublisher = {
    records,
    away: undefined,
    events: () =>
      records.map((record) => {
        const read = registry.decode(record);
        if (!read.ok) throw new Error(`published, but cannot be read: ${read.fault.message}`);
        return read;
      }),
    publishRecord: async (record) => {
      if (publisher.away === 'failing') throw new KafkaError('connection', 'no broker answers');
      if (publisher.away === 'silent') return new Promise<RecordPlace>(() => {});
      records.push(record);
      return { topic: record.topic, partition: 0, offset: BigInt(records.length - 1) };
    },
  };
  return publisher;
}
