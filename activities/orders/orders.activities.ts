import { createServiceClient, type ServiceClientOptions } from './service-client';

/** What every call says of the order it is for; the ids come back in the events that the call causes. */
export interface OrderCall {
  readonly tenantId: string;
  readonly orderId: string;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
}

export interface StockRequest extends OrderCall {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
}

export interface PaymentRequest extends OrderCall {
  readonly customerId: string;
  readonly amountCents: number;
  /** ISO 4217. */
  readonly currency: string;
}

export interface ShipmentRequest extends OrderCall {
  readonly shipTo: {
    readonly country: string;
    readonly city?: string | undefined;
    readonly postcode?: string | undefined;
  };
}

/** How long an order may wait for others. */
export interface OrderPolicy {
  /** From the reservation of the stock to the answer of the payment. */
  readonly paymentDeadlineMs: number;
}

/**
 * What the order saga may cause. `key` names the step; the same key again is the same step again. Each undo is the true
 * inverse of its step, safe when nothing happened, and refuses the step if that arrives later.
 * Refusals are failures of the types in `failures.ts`; everything else is tried again.
 */
export interface OrderActivities {
  orderPolicy(): Promise<OrderPolicy>;
  reserveStock(order: StockRequest, key: string): Promise<void>;
  releaseStock(order: OrderCall, key: string): Promise<void>;
  /** The answer comes as `PaymentSettled` or `PaymentDeclined`. */
  requestPayment(order: PaymentRequest, key: string): Promise<{ readonly paymentId: string }>;
  voidPayment(order: OrderCall, key: string): Promise<void>;
  bookShipment(order: ShipmentRequest, key: string): Promise<{ readonly shipmentId: string }>;
  cancelShipment(order: OrderCall, key: string): Promise<void>;
}

export interface OrderActivitiesDeps extends ServiceClientOptions {
  /** Base addresses without a slash at the end: `http://localhost:4101`. */
  readonly inventoryUrl: string;
  readonly paymentsUrl: string;
  readonly shippingUrl: string;
  readonly policy: OrderPolicy;
}

export function createOrderActivities(deps: OrderActivitiesDeps): OrderActivities {
  const inventory = createServiceClient('inventory', deps.inventoryUrl, deps);
  const payments = createServiceClient('payments', deps.paymentsUrl, deps);
  const shipping = createServiceClient('shipping', deps.shippingUrl, deps);
  return {
    orderPolicy: async () => deps.policy,
    reserveStock: async (order, key) => {
      const { tenantId, orderId, lines } = order;
      await inventory.post('/v1/reservations', { tenantId, orderId, lines }, { key, ...order });
    },
    releaseStock: (order, key) => inventory.delete('/v1/reservations', { key, ...order }),
    requestPayment: async (order, key) => {
      const { tenantId, orderId, amountCents, currency, customerId } = order;
      const body = { tenantId, orderId, amountCents, currency, customerId, paymentKey: key };
      const answer = await payments.post('/v1/payments', body, { key, ...order });
      return { paymentId: textOf(answer, 'paymentId') };
    },
    voidPayment: (order, key) => payments.delete('/v1/payments', { key, ...order }),
    bookShipment: async (order, key) => {
      const { tenantId, orderId, shipTo } = order;
      const answer = await shipping.post('/v1/shipments', { tenantId, orderId, shipTo }, { key, ...order });
      return { shipmentId: textOf(answer, 'shipmentId') };
    },
    cancelShipment: (order, key) => shipping.delete('/v1/shipments', { key, ...order }),
  };
}

/** A service that answers something else is tried again: it may be half deployed. */
function textOf(answer: unknown, field: string): string {
  const value = typeof answer === 'object' && answer !== null ? Reflect.get(answer, field) : undefined;
  if (typeof value !== 'string') throw new Error(`The answer has no ${field}`);
  return value;
}
