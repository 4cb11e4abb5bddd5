import { type Envelope, newEvent, OrderCancelled, OrderPlaced, PaymentSettled } from '@millrace/events';
import type { Script, Step } from './script';

interface OrderOptions {
  readonly tenantId: string;
  readonly orderId: string;
  readonly customerId?: string;
  readonly sku?: string;
  readonly country?: string;
  readonly city?: string;
}

/** An order of two lines; what becomes of it is chosen by its data alone (docs/services.md). */
export function orderPlaced({
  tenantId,
  orderId,
  customerId = 'cust-1',
  sku = 'SKU-BOOK',
  country = 'DE',
  city = 'Berlin',
}: OrderOptions) {
  const lines = [
    { sku, quantity: 1, unitPriceCents: 1_999 },
    { sku: 'SKU-PEN', quantity: 3, unitPriceCents: 150 },
  ];
  const totalCents = lines.reduce((sum, line) => sum + line.quantity * line.unitPriceCents, 0);
  return newEvent(OrderPlaced, {
    tenantId,
    aggregateId: orderId,
    data: { orderId, customerId, currency: 'EUR', lines, totalCents, shipTo: { country, city } },
  });
}

const orderCancelled = (tenantId: string, orderId: string) =>
  newEvent(OrderCancelled, { tenantId, aggregateId: orderId, data: { orderId, reason: 'changed my mind' } });

const sagaOf = (tenantId: string, orderId: string) => `orderSaga/${tenantId}/${orderId}`;
const closed = ['completed', 'cancelled', 'abandoned'];

/** One order whose outcome is decided by its data. */
const plain = (name: string, order: OrderOptions): Script => ({ name, steps: [{ event: orderPlaced(order) }] });

const thenCancel = (name: string, order: OrderOptions, stages?: readonly string[]): Script => ({
  name,
  steps: [
    { event: orderPlaced(order) },
    {
      event: orderCancelled(order.tenantId, order.orderId),
      ...(stages && { when: { subject: sagaOf(order.tenantId, order.orderId), stages } }),
    },
  ],
});

function repeated(name: string, order: OrderOptions, when?: readonly string[]): Script {
  const event = orderPlaced(order);
  const again: Step =
    when === undefined ? { event } : { event, when: { subject: sagaOf(order.tenantId, order.orderId), stages: when } };
  return { name, steps: [{ event }, again] };
}

function lateSecondOrder(order: OrderOptions): Script {
  return {
    name: 'second order event after the close',
    steps: [
      { event: orderPlaced(order) },
      { event: orderPlaced(order), when: { subject: sagaOf(order.tenantId, order.orderId), stages: closed } },
    ],
  };
}

/** The payment is settled elsewhere and its event overtakes the order's. The payment service itself stays silent. */
function paymentBeforeOrder(order: OrderOptions): Script {
  const placed = orderPlaced({ ...order, customerId: 'cust-silent-prepaid' });
  const paymentId = `prepaid-${order.orderId}`;
  const settled: Envelope = newEvent(PaymentSettled, {
    tenantId: order.tenantId,
    aggregateId: paymentId,
    correlationId: placed.correlationId,
    data: { paymentId, orderId: order.orderId, amountCents: placed.data.totalCents, currency: 'EUR' },
  });
  return { name: 'payment before order', steps: [{ event: settled }, { event: placed }] };
}

/** Every ending of an order, most of them more than once, `orders` that complete among them. */
export function orderScripts(tenants: readonly [string, string], orders: number): Script[] {
  const [tenantId, otherTenant] = tenants;
  let number = 0;
  const next = (options: Partial<OrderOptions> = {}): OrderOptions => {
    number += 1;
    return { tenantId, orderId: `order-${String(number).padStart(4, '0')}`, ...options };
  };
  const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
  return [
    ...times(orders, () => plain('completes', next())),
    ...times(5, () => plain('payment declined', next({ customerId: 'cust-declined' }))),
    ...times(3, () => plain('payment never answers', next({ customerId: 'cust-silent' }))),
    ...times(3, () => plain('payment answers slowly', next({ customerId: 'cust-slow' }))),
    ...times(5, () => plain('out of stock', next({ sku: 'SKU-NONE' }))),
    ...times(4, () => plain('carrier refuses after payment', next({ country: 'XX' }))),
    plain('undo fails, repaired and retried', next({ sku: 'SKU-STUCK-ONCE', country: 'XX' })),
    plain('undo fails, given up', next({ sku: 'SKU-STUCK-EVER', country: 'XX' })),
    ...times(2, () => plain('two want the last piece', next({ sku: 'SKU-LAST-1' }))),
    ...times(3, () => thenCancel('cancelled while stock is reserved', next())),
    ...times(3, () =>
      thenCancel('cancelled while payment is awaited', next({ customerId: 'cust-slow' }), [
        'stock-reserved',
        'paid',
        ...closed,
      ]),
    ),
    ...times(3, () =>
      thenCancel('cancelled while shipment is booked', next({ city: 'Slowtown' }), ['paid', ...closed]),
    ),
    ...times(3, () => thenCancel('cancelled too late', next(), closed)),
    ...times(5, () => repeated('the same event twice in a row', next())),
    ...times(5, () => repeated('the same event again after the close', next(), closed)),
    ...times(3, () => lateSecondOrder(next())),
    ...times(5, () => paymentBeforeOrder(next())),
    ...times(3, () => next()).flatMap((order) => [
      plain('one order id, two tenants', order),
      plain('one order id, two tenants', { ...order, tenantId: otherTenant }),
    ]),
  ];
}
