import { toDeadLetter } from './dead-letter';
import type { IncomingRecord } from './port';

const record: IncomingRecord = {
  topic: 'orders',
  partition: 3,
  offset: 42n,
  key: 'k',
  value: Buffer.from('{'),
  headers: { 'event-id': 'e', traceparent: 'x' },
  timestamp: 1_700_000_000_000,
};
const cause = { code: 'malformed-json', message: 'not valid JSON', class: 'poison', group: 'bridge' } as const;

describe('a dead letter', () => {
  it('is the record, with where it was and why it died', () => {
    expect(toDeadLetter(record, cause)).toEqual({
      topic: 'orders.dlq',
      key: 'k',
      value: record.value,
      headers: {
        'event-id': 'e',
        traceparent: 'x',
        'x-original-topic': 'orders',
        'x-original-partition': '3',
        'x-original-offset': '42',
        'x-original-timestamp': '1700000000000',
        'x-error-code': 'malformed-json',
        'x-error-message': 'not valid JSON',
        'x-error-class': 'poison',
        'x-group': 'bridge',
        'x-attempt': '1',
      },
    });
  });

  it('overwrites what an earlier death left, and keeps how often it was sent again', () => {
    const first = toDeadLetter({ ...record, headers: { 'x-redrive-id': 'r', 'x-redrive-count': '2' } }, cause);
    const again = toDeadLetter(
      { ...record, offset: 77n, headers: first.headers },
      { ...cause, code: 'unknown-type', attempt: 5 },
    );
    expect(again.headers).toMatchObject({
      'x-original-offset': '77',
      'x-error-code': 'unknown-type',
      'x-attempt': '5',
      'x-redrive-id': 'r',
      'x-redrive-count': '2',
    });
    expect(Object.keys(again.headers)).toHaveLength(Object.keys(first.headers).length);
  });

  it('cuts long messages', () => {
    expect(toDeadLetter(record, { ...cause, message: 'x'.repeat(9_999) }).headers['x-error-message']).toHaveLength(
      1_000,
    );
  });
});
