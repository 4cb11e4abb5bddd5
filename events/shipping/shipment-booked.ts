import { defineEvent, type EventOf, fields } from '../define-event';
import { id } from '../fields';

export const ShipmentBooked = defineEvent({
  type: 'ShipmentBooked',
  version: '1.0',
  topic: 'commerce.shipping.events',
  aggregateType: 'Shipment',
  description: 'A carrier has accepted the shipment of an order.',
  data: fields({ shipmentId: id, orderId: id, carrier: id }),
});
export type ShipmentBooked = EventOf<typeof ShipmentBooked>;
