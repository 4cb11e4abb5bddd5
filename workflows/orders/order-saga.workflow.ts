import type { OrderPlaced, PaymentDeclined, PaymentSettled } from '@millrace/events';
import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { OrderActivities } from '../../activities/orders/orders.activities';
import { refused } from '../kit/failures';
import { runSaga, type SagaEnd } from '../kit/run-saga';
import type { WireEvent, WorkflowInput } from '../kit/wire';
import { orderSagaContract } from './order-saga.contract';

const retry = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '20s' } as const;

/** Steps: after two minutes of trying, the order is taken back. */
const act = proxyActivities<OrderActivities>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '2 minutes',
  retry,
});
/** Undos: after half an hour of trying, a person is asked. */
const must = proxyActivities<OrderActivities>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '30 minutes',
  retry,
});
const { orderPolicy } = proxyLocalActivities<OrderActivities>({ startToCloseTimeout: '5s', retry });

/** Stock, payment, shipment; a customer's cancellation counts until the shipment is booked, then it is late. */
export const orderSaga = (input: WorkflowInput): Promise<SagaEnd | 'foreign'> =>
  runSaga(orderSagaContract, { version: 1, calledOffBy: ['OrderCancelled'] }, input, async (run) => {
    const { saga, moveTo, next } = run;
    const order = orderOf(run.start);
    const { totalCents, currency } = order;
    await moveTo('placed', { data: { totalCents, currency } });
    const { paymentDeadlineMs } = await orderPolicy();
    await saga.step(
      'stock',
      (key) => act.reserveStock(order, key),
      (key) => must.releaseStock(order, key),
    );
    const deadline = Date.now() + paymentDeadlineMs;
    await moveTo('stock-reserved', { deadline });
    await saga.step(
      'payment',
      (key) => act.requestPayment({ ...order, amountCents: totalCents }, key),
      (key) => must.voidPayment(order, key),
    );
    const { paymentId } = paid(order, await next(['PaymentSettled', 'PaymentDeclined'], deadline));
    await moveTo('paid', { data: { paymentId } });
    await saga.step(
      'shipment',
      (key) => act.bookShipment(order, key),
      (key) => must.cancelShipment(order, key),
    );
  });

/** The order as its steps need it. */
const orderOf = ({ data, tenantId, correlationId, traceparent }: WireEvent<OrderPlaced>) => ({
  ...data,
  tenantId,
  correlationId,
  traceparent,
});

/** The payment's data if it is settled in full; fails the saga with the reason otherwise. */
function paid(
  order: { readonly totalCents: number; readonly currency: string },
  answer: PaymentSettled | PaymentDeclined | undefined,
): PaymentSettled['data'] {
  if (answer === undefined) throw refused('payment-unanswered', 'no answer before the deadline');
  if (answer.eventType === 'PaymentDeclined') throw refused('payment-declined', answer.data.reason);
  const { amountCents, currency } = answer.data;
  if (amountCents !== order.totalCents || currency !== order.currency) {
    const amounts = `${amountCents} ${currency} paid, ${order.totalCents} ${order.currency} due`;
    throw refused('payment-mismatch', amounts);
  }
  return answer.data;
}
