import { OrderCancelled, OrderPlaced, PaymentDeclined, PaymentSettled } from '@millrace/events';
import type { orderSagaContract } from '../../workflows/orders/order-saga.contract';
import { on, type Route } from '../inbound/route';

/** The routes of an order, to a contract under a test's own names. */
export function routesTo(target: typeof orderSagaContract): readonly Route[] {
  const ofOrder = { target, key: ({ data }: { data: { orderId: string } }) => data.orderId };
  return [
    on(OrderPlaced).start(ofOrder),
    on(PaymentSettled).signal({ ...ofOrder, whenMissing: 'park' }),
    on(PaymentDeclined).signal({ ...ofOrder, whenMissing: 'park' }),
    on(OrderCancelled).signal({ ...ofOrder, whenMissing: 'park' }),
  ];
}
