import { AppointmentAttended } from './appointments/appointment-attended';
import { AppointmentCancelled } from './appointments/appointment-cancelled';
import { AppointmentConfirmed } from './appointments/appointment-confirmed';
import { AppointmentRescheduled } from './appointments/appointment-rescheduled';
import { AppointmentScheduled } from './appointments/appointment-scheduled';
import { NotificationRequested } from './appointments/notification-requested';
import type { EventDefinition } from './define-event';
import { type EncodeOptions, type EventRecord, encodeEvent } from './encode';
import type { Envelope } from './envelope';
import { StockReleased } from './inventory/stock-released';
import { StockReserved } from './inventory/stock-reserved';
import { OperatorDecided } from './operator/operator-decided';
import { OrderCancelled } from './orders/order-cancelled';
import { OrderPlaced } from './orders/order-placed';
import { PaymentDeclined } from './payments/payment-declined';
import { PaymentSettled } from './payments/payment-settled';
import { createRegistry } from './registry';
import { ShipmentBooked } from './shipping/shipment-booked';
import { ShipmentCancelled } from './shipping/shipment-cancelled';
import { TransitionRecorded } from './transitions/transition-recorded';

const definitions: readonly EventDefinition[] = [
  OrderPlaced,
  OrderCancelled,
  PaymentSettled,
  PaymentDeclined,
  StockReserved,
  StockReleased,
  ShipmentBooked,
  ShipmentCancelled,
  AppointmentScheduled,
  AppointmentConfirmed,
  AppointmentCancelled,
  AppointmentRescheduled,
  AppointmentAttended,
  NotificationRequested,
  OperatorDecided,
  TransitionRecorded,
];

/** Every event of the platform. */
export const registry = createRegistry(definitions);

/** The record of an event of `registry`. @throws InvalidEventError */
export const encode = (event: Envelope, options?: EncodeOptions): EventRecord =>
  encodeEvent(event, registry.definition(event.eventType), options);
