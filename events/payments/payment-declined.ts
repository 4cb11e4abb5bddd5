import { defineEvent, type EventOf, fields } from '../define-event';
import { id, reason } from '../fields';

export const PaymentDeclined = defineEvent({
  type: 'PaymentDeclined',
  version: '1.0',
  topic: 'commerce.payments.events',
  aggregateType: 'Payment',
  description: 'The payment of an order has been refused.',
  data: fields({ paymentId: id, orderId: id, reason }),
});
export type PaymentDeclined = EventOf<typeof PaymentDeclined>;
