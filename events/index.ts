export { encode, registry } from './all';
export { AppointmentAttended } from './appointments/appointment-attended';
export { AppointmentCancelled } from './appointments/appointment-cancelled';
export { AppointmentConfirmed } from './appointments/appointment-confirmed';
export { AppointmentRescheduled } from './appointments/appointment-rescheduled';
export { AppointmentScheduled } from './appointments/appointment-scheduled';
export { NotificationRequested } from './appointments/notification-requested';
export { type CatalogEntry, type CatalogVersion, catalog } from './catalog';
export type { DecodedRecord, EncodedRecord } from './decode';
export {
  defineEvent,
  type EventDefinition,
  type EventOf,
  fields,
  type OlderVersion,
  olderVersion,
} from './define-event';
export { type EncodeOptions, type EventRecord, encodeEvent } from './encode';
export type { Envelope } from './envelope';
export { DECODE_FAULT_CODES, type DecodeFault, type DecodeFaultCode, InvalidEventError } from './faults';
export { HEADERS, type Headers, validTraceparent } from './headers';
export { StockReleased } from './inventory/stock-released';
export { StockReserved } from './inventory/stock-reserved';
export { DEFAULT_LIMITS } from './json';
export { type NewEvent, newEvent } from './new-event';
export { OperatorDecided } from './operator/operator-decided';
export { OrderCancelled } from './orders/order-cancelled';
export { OrderPlaced } from './orders/order-placed';
export { PaymentDeclined } from './payments/payment-declined';
export { PaymentSettled } from './payments/payment-settled';
export { createRegistry, type Registry } from './registry';
export { ShipmentBooked } from './shipping/shipment-booked';
export { ShipmentCancelled } from './shipping/shipment-cancelled';
export { TransitionRecorded } from './transitions/transition-recorded';
export { instantOf } from './zoned-time';
