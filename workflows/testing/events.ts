import { randomUUID } from 'node:crypto';
import {
  AppointmentAttended,
  AppointmentCancelled,
  AppointmentConfirmed,
  AppointmentRescheduled,
  AppointmentScheduled,
  newEvent,
  OperatorDecided,
  OrderCancelled,
  OrderPlaced,
  PaymentDeclined,
  PaymentSettled,
} from '@millrace/events';

const tenantId = 'test';
export const fresh = (prefix: string): string => `${prefix}-${randomUUID().slice(0, 13)}`;

export const placed = (orderId: string, overrides: Partial<OrderPlaced['data']> = {}) =>
  newEvent(OrderPlaced, {
    tenantId,
    aggregateId: orderId,
    data: {
      orderId,
      customerId: 'cust-1',
      currency: 'EUR',
      lines: [{ sku: 'SKU-1', quantity: 2, unitPriceCents: 1_250 }],
      totalCents: 2_500,
      shipTo: { country: 'DE' },
      ...overrides,
    },
  });

export const settled = (orderId: string, overrides: Partial<PaymentSettled['data']> = {}) =>
  newEvent(PaymentSettled, {
    tenantId,
    aggregateId: `pay-${orderId}`,
    data: { paymentId: `pay-${orderId}`, orderId, amountCents: 2_500, currency: 'EUR', ...overrides },
  });

export const declined = (orderId: string) =>
  newEvent(PaymentDeclined, {
    tenantId,
    aggregateId: `pay-${orderId}`,
    data: { paymentId: `pay-${orderId}`, orderId, reason: 'card expired' },
  });

export const cancelled = (orderId: string) =>
  newEvent(OrderCancelled, { tenantId, aggregateId: orderId, data: { orderId } });

export const decided = (orderId: string, decision: 'retry' | 'give-up', stuckVersion: number) =>
  newEvent(OperatorDecided, {
    tenantId,
    aggregateId: `orderSaga/${tenantId}/${orderId}`,
    data: { target: 'orderSaga', key: orderId, decision, stuckVersion, operator: 'ada' },
  });

export const scheduled = (appointmentId: string, startsAtLocal: string, timeZone = 'Europe/Berlin') =>
  newEvent(AppointmentScheduled, {
    tenantId,
    aggregateId: appointmentId,
    data: {
      appointmentId,
      patientId: 'patient-1',
      practitionerId: 'doctor-1',
      startsAtLocal,
      timeZone,
      durationMinutes: 30,
    },
  });

export const rescheduled = (appointmentId: string, startsAtLocal: string, timeZone = 'Europe/Berlin') =>
  newEvent(AppointmentRescheduled, {
    tenantId,
    aggregateId: appointmentId,
    data: { appointmentId, startsAtLocal, timeZone },
  });

export const confirmed = (appointmentId: string) =>
  newEvent(AppointmentConfirmed, { tenantId, aggregateId: appointmentId, data: { appointmentId } });

export const attended = (appointmentId: string) =>
  newEvent(AppointmentAttended, { tenantId, aggregateId: appointmentId, data: { appointmentId } });

export const appointmentCancelled = (appointmentId: string) =>
  newEvent(AppointmentCancelled, { tenantId, aggregateId: appointmentId, data: { appointmentId } });
