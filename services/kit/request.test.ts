import { newEvent, PaymentDeclined, PaymentSettled, ShipmentBooked, StockReserved } from '@millrace/events';
import fc from 'fast-check';
import { id, ofOrder } from './request';
import { stableId } from './stable-id';

/** Names that the edge takes, out of names of all kinds. */
const accepted = fc
  .oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ minLength: 1, maxLength: 300 }))
  .filter((name) => id.safeParse(name).success);
const tenants = fc
  .oneof(fc.stringMatching(/^[A-Za-z0-9._:@-]{1,120}$/), fc.string())
  .filter((tenantId) => ofOrder.safeParse({ tenantId, orderId: 'o' }).success);

describe('what the edge accepts', () => {
  it('fits into the events that tell of it', () => {
    fc.assert(
      fc.property(tenants, accepted, accepted, accepted, (tenantId, orderId, sku, correlationId) => {
        const paymentId = stableId('payment', tenantId, sku);
        const about = { tenantId, aggregateId: orderId, correlationId, eventId: paymentId };
        newEvent(StockReserved, { ...about, data: { orderId, lines: [{ sku, quantity: Number.MAX_SAFE_INTEGER }] } });
        newEvent(PaymentSettled, {
          ...about,
          aggregateId: paymentId,
          data: { paymentId, orderId, amountCents: 0, currency: 'EUR' },
        });
        newEvent(PaymentDeclined, {
          ...about,
          aggregateId: paymentId,
          data: { paymentId, orderId, reason: 'card-declined' },
        });
        newEvent(ShipmentBooked, { ...about, data: { shipmentId: paymentId, orderId, carrier: 'c' } });
      }),
    );
  });

  it.each(['', 'a\u0000', 'a\nb', '\ud800', 'x'.repeat(201)])('is not the name %j', (name) => {
    expect(id.safeParse(name).success).toBe(false);
  });
});
