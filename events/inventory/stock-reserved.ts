import { z } from 'zod';
import { defineEvent, type EventOf, fields } from '../define-event';
import { id, quantity } from '../fields';

export const StockReserved = defineEvent({
  type: 'StockReserved',
  version: '1.0',
  topic: 'commerce.inventory.events',
  aggregateType: 'Stock',
  description: 'Stock has been put aside for an order.',
  data: fields({ orderId: id, lines: z.array(fields({ sku: id, quantity })) }),
});
export type StockReserved = EventOf<typeof StockReserved>;
