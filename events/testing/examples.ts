import type { Envelope } from '../envelope';
import * as events from '../index';
import { newEvent } from '../new-event';

const lines = [{ sku: 'SKU-1', quantity: 2, unitPriceCents: 1_999 }];
const local = { startsAtLocal: '2026-03-01T09:00:00', timeZone: 'Europe/Berlin' };

/** An event of every type, freshly made. */
export const examples = (): readonly Envelope[] => [
  orderPlaced(),
  newEvent(events.OrderCancelled, {
    tenantId: 'acme',
    aggregateId: 'o-1',
    data: { orderId: 'o-1', reason: 'changed my mind' },
  }),
  newEvent(events.PaymentSettled, {
    tenantId: 'acme',
    aggregateId: 'p-1',
    data: { paymentId: 'p-1', orderId: 'o-1', amountCents: 3_998, currency: 'EUR' },
  }),
  newEvent(events.PaymentDeclined, {
    tenantId: 'acme',
    aggregateId: 'p-1',
    data: { paymentId: 'p-1', orderId: 'o-1', reason: 'no cover' },
  }),
  newEvent(events.StockReserved, {
    tenantId: 'acme',
    aggregateId: 'o-1',
    data: { orderId: 'o-1', lines: [{ sku: 'SKU-1', quantity: 2 }] },
  }),
  newEvent(events.StockReleased, { tenantId: 'acme', aggregateId: 'o-1', data: { orderId: 'o-1', lines: [] } }),
  newEvent(events.ShipmentBooked, {
    tenantId: 'acme',
    aggregateId: 'o-1',
    data: { shipmentId: 's-1', orderId: 'o-1', carrier: 'DHL' },
  }),
  newEvent(events.ShipmentCancelled, {
    tenantId: 'acme',
    aggregateId: 'o-1',
    data: { shipmentId: 's-1', orderId: 'o-1' },
  }),
  newEvent(events.AppointmentScheduled, {
    tenantId: 'clinic',
    aggregateId: 'a-1',
    data: { appointmentId: 'a-1', patientId: 'pat-1', practitionerId: 'dr-1', durationMinutes: 30, ...local },
  }),
  newEvent(events.AppointmentRescheduled, {
    tenantId: 'clinic',
    aggregateId: 'a-1',
    data: { appointmentId: 'a-1', ...local },
  }),
  newEvent(events.AppointmentConfirmed, { tenantId: 'clinic', aggregateId: 'a-1', data: { appointmentId: 'a-1' } }),
  newEvent(events.AppointmentAttended, { tenantId: 'clinic', aggregateId: 'a-1', data: { appointmentId: 'a-1' } }),
  newEvent(events.AppointmentCancelled, { tenantId: 'clinic', aggregateId: 'a-1', data: { appointmentId: 'a-1' } }),
  newEvent(events.NotificationRequested, {
    tenantId: 'clinic',
    aggregateId: 'a-1',
    causationId: 'b0c7c1a4-0f5b-5e0e-9d7f-5a4a1d7f1e11',
    data: { appointmentId: 'a-1', patientId: 'pat-1', kind: 'reminder' },
  }),
  newEvent(events.OperatorDecided, {
    tenantId: 'acme',
    aggregateId: 'orderSaga/acme/o-1',
    data: { target: 'orderSaga', key: 'o-1', decision: 'retry', stuckVersion: 4, operator: 'op@acme' },
  }),
  newEvent(events.TransitionRecorded, {
    tenantId: 'acme',
    aggregateId: 'o-1',
    aggregateType: 'orderSaga',
    correlationId: 'request-1',
    metadata: { region: 'eu' },
    data: {
      subject: 'orderSaga/acme/o-1',
      target: 'orderSaga',
      key: 'o-1',
      version: 1,
      from: null,
      to: 'placed',
      causes: [],
    },
  }),
];

export const orderPlaced = (): events.OrderPlaced =>
  newEvent(events.OrderPlaced, {
    tenantId: 'acme',
    aggregateId: 'o-1',
    data: {
      orderId: 'o-1',
      customerId: 'cust-1',
      currency: 'EUR',
      lines,
      totalCents: 3_998,
      shipTo: { country: 'DE', city: 'Berlin' },
    },
  });

/** OrderPlaced 1.0, as its producer writes it. */
export const orderPlacedInDecimals = (): Record<string, unknown> => ({
  orderId: 'o-1',
  customerId: 'cust-1',
  currency: 'EUR',
  lines: [{ sku: 'SKU-1', quantity: 2, unitPrice: 19.99, gift: true }],
  total: 39.98,
  shipTo: { country: 'DE' },
  channel: 'shop',
});
