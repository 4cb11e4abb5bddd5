import { defineEvent, type EventOf, fields } from '../define-event';
import { id } from '../fields';

export const ShipmentCancelled = defineEvent({
  type: 'ShipmentCancelled',
  version: '1.0',
  topic: 'commerce.shipping.events',
  aggregateType: 'Shipment',
  description: 'The shipment of an order has been called off.',
  data: fields({ shipmentId: id, orderId: id }),
});
export type ShipmentCancelled = EventOf<typeof ShipmentCancelled>;
