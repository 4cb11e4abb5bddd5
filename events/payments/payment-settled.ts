import { defineEvent, type EventOf, fields } from '../define-event';
import { cents, currency, id } from '../fields';

export const PaymentSettled = defineEvent({
  type: 'PaymentSettled',
  version: '1.0',
  topic: 'commerce.payments.events',
  aggregateType: 'Payment',
  description: 'The payment of an order has been charged.',
  data: fields({ paymentId: id, orderId: id, amountCents: cents, currency }),
});
export type PaymentSettled = EventOf<typeof PaymentSettled>;
