import type { OperatorDecided, OrderCancelled, OrderPlaced, PaymentDeclined, PaymentSettled } from '@millrace/events';
import { sagaStages, workflowContract } from '../kit/contract';

export type OrderSagaEvent = OrderPlaced | PaymentSettled | PaymentDeclined | OrderCancelled | OperatorDecided;

const stages = ['placed', 'stock-reserved', 'paid', ...sagaStages] as const;

/** One order from placed to completed, cancelled or abandoned. A cancellation after booking is late. */
export const orderSagaContract = workflowContract<
  OrderPlaced,
  PaymentSettled | PaymentDeclined | OrderCancelled | OperatorDecided,
  (typeof stages)[number]
>({
  target: 'orderSaga',
  taskQueue: 'millrace',
  transitionsTopic: 'commerce.orders.transitions',
  late: 'dead-letter',
  startsOn: ['OrderPlaced'],
  acceptsOn: ['PaymentSettled', 'PaymentDeclined', 'OrderCancelled', 'OperatorDecided'],
  stages,
});
