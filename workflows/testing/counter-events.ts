import type { WireEvent } from '../kit/wire';
import type { CounterEvent } from './counter.contract';

/** An event of some counter, for tests that tell events apart by their ids. */
export const counterEvent = (eventId: string, eventType = 'Counted', data: object = {}): WireEvent => ({
  eventId,
  eventType,
  eventVersion: '1.0',
  eventTime: '2026-01-01T00:00:00.000Z',
  aggregateId: 'a',
  aggregateType: 'Counter',
  tenantId: 'test',
  correlationId: 'corr',
  data,
});

/** Makes one counter's events, numbered from 1. */
export function counterEvents(key: string) {
  let made = 0;
  return <Type extends CounterEvent['eventType']>(eventType: Type, data: object = {}): WireEvent => {
    made += 1;
    return {
      ...counterEvent(`${key}-${made}`, eventType, data),
      eventTime: new Date().toISOString(),
      aggregateId: key,
      correlationId: key,
    };
  };
}
