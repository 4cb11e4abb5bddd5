import { z } from 'zod';
import { defineEvent, type EventOf, fields, olderVersion } from '../define-event';
import { cents, country, currency, id, quantity } from '../fields';

const shipTo = fields({ country, city: z.string().max(200).optional(), postcode: z.string().max(20).optional() });

const data = fields({
  orderId: id,
  customerId: id,
  currency,
  lines: z
    .array(fields({ sku: id, quantity, unitPriceCents: cents }))
    .min(1)
    .max(500),
  totalCents: cents,
  shipTo,
}).refine(
  ({ lines, totalCents }) => lines.reduce((sum, line) => sum + line.quantity * line.unitPriceCents, 0) === totalCents,
  { path: ['totalCents'], message: 'is not the sum of the lines' },
);

/** Two decimals at most: a third one could not be turned into cents without making money appear or vanish. */
const decimalAmount = z
  .number()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER / 100)
  .refine((amount) => Math.abs(amount * 100 - Math.round(amount * 100)) < 1e-4, 'has more than two decimals');

const toCents = (amount: number): number => Math.round(amount * 100);

/** As another team's producer still sends it: amounts as decimals. */
const decimals = olderVersion(
  '1.0',
  fields({
    orderId: id,
    customerId: id,
    currency,
    lines: z
      .array(fields({ sku: id, quantity, unitPrice: decimalAmount }))
      .min(1)
      .max(500),
    total: decimalAmount,
    shipTo,
  }),
  ({ total, lines, ...rest }) => ({
    ...rest,
    lines: lines.map(({ unitPrice, ...line }) => ({ ...line, unitPriceCents: toCents(unitPrice) })),
    totalCents: toCents(total),
  }),
);

export const OrderPlaced = defineEvent({
  type: 'OrderPlaced',
  version: '1.1',
  topic: 'commerce.orders.events',
  aggregateType: 'Order',
  aggregateIdField: 'orderId',
  description: 'A customer has placed an order.',
  data,
  older: [decimals],
});
export type OrderPlaced = EventOf<typeof OrderPlaced>;
