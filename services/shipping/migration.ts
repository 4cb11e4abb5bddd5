import type { Pool } from 'pg';
import { migrateSchema } from '../kit/migrate';
import { outboxTable } from '../kit/outbox';
import { stepColumns } from '../kit/steps';

const steps = [
  `create table shipping.shipments (
     ${stepColumns},
     shipment_id uuid unique,
     carrier text,
     reason text,
     ship_to json,
     check (outcome in ('booked', 'carrier-refused'))
   );
   create index on shipping.shipments (tenant_id, order_id)`,
  outboxTable('shipping'),
];

export const migrateShipping = (pool: Pool): Promise<void> => migrateSchema(pool, 'shipping', steps);
