import { encode, newEvent, OrderPlaced } from '@millrace/events';
import { orderPlaced } from './order-scripts';
import type { Script } from './script';

const topic = 'commerce.orders.events';
const text = (value: string) => Buffer.from(value);

/** Records that no workflow may ever see: each stops nothing and ends in the dead letters with its cause. */
export function badScripts(tenantId: string): Script[] {
  const altered = (orderId: string, change: Record<string, unknown>) => {
    const record = encode(orderPlaced({ tenantId, orderId }));
    const { 'event-type': _type, 'event-version': _version, ...headers } = record.headers;
    return { ...record, headers, value: text(JSON.stringify({ ...JSON.parse(String(record.value)), ...change })) };
  };
  const valid = newEvent(OrderPlaced, {
    tenantId,
    aggregateId: 'bad-5',
    data: orderPlaced({ tenantId, orderId: 'bad-5' }).data,
  });
  return [
    {
      name: 'malformed JSON',
      steps: [{ record: { topic, key: 'bad-1', value: text('{"eventId": "oops"'), headers: {} } }],
    },
    { name: 'unknown type', steps: [{ record: altered('bad-2', { eventType: 'OrderTeleported' }) }] },
    { name: 'unknown version', steps: [{ record: altered('bad-3', { eventVersion: '99.0' }) }] },
    { name: 'schema violation', steps: [{ record: altered('bad-4', { data: { orderId: 'bad-4', lines: 'none' } }) }] },
    {
      name: 'oversized',
      steps: [
        {
          record: {
            ...encode(valid),
            value: text(JSON.stringify({ ...valid, metadata: { padding: 'x'.repeat(400_000) } })),
          },
        },
      ],
    },
  ];
}
