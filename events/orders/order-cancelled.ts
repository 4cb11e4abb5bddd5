import { defineEvent, type EventOf, fields } from '../define-event';
import { id, reason } from '../fields';

export const OrderCancelled = defineEvent({
  type: 'OrderCancelled',
  version: '1.0',
  topic: 'commerce.orders.events',
  aggregateType: 'Order',
  aggregateIdField: 'orderId',
  description: 'A customer has cancelled an order.',
  data: fields({ orderId: id, reason: reason.optional() }),
});
export type OrderCancelled = EventOf<typeof OrderCancelled>;
