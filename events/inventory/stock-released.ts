import { z } from 'zod';
import { defineEvent, type EventOf, fields } from '../define-event';
import { id, quantity } from '../fields';

export const StockReleased = defineEvent({
  type: 'StockReleased',
  version: '1.0',
  topic: 'commerce.inventory.events',
  aggregateType: 'Stock',
  description: 'Stock has been given back after an order.',
  data: fields({ orderId: id, lines: z.array(fields({ sku: id, quantity })) }),
});
export type StockReleased = EventOf<typeof StockReleased>;
