import type { WireEvent } from '../kit/wire';
import type { CounterEvent } from './counter.contract';

/** Makes one counter's events, numbered from 1. */
export function counterEvents(key: string) {
  let made = 0;
  return <Type extends CounterEvent['eventType']>(eventType: Type, data: object = {}): WireEvent => {
    made += 1;
    return {
      eventId: `${key}-${made}`,
      eventType,
      eventVersion: '1.0',
      eventTime: new Date().toISOString(),
      aggregateId: key,
      aggregateType: 'Counter',
      tenantId: 'test',
      correlationId: key,
      data,
    };
  };
}
