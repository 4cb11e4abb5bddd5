import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { IncomingRecord } from '../port';

/** Header values become text here, once; of a repeated header the last one counts. */
function headersOf(headers: IHeaders | undefined): Record<string, string> {
  const decoded: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    const last = Array.isArray(value) ? value[value.length - 1] : value;
    if (last !== undefined && name !== '__proto__')
      decoded[name] = typeof last === 'string' ? last : last.toString('utf8');
  }
  return decoded;
}

export const incomingRecord = (topic: string, partition: number, message: KafkaMessage): IncomingRecord => ({
  topic,
  partition,
  offset: BigInt(message.offset),
  key: message.key === null ? null : message.key.toString('utf8'),
  value: message.value,
  headers: headersOf(message.headers),
  timestamp: Number(message.timestamp),
});
