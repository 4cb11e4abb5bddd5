import type { Pool } from 'pg';
import { migrateSchema } from '../kit/migrate';
import { outboxTable } from '../kit/outbox';
import { stepColumns } from '../kit/steps';

const steps = [
  `create table inventory.stock (
     tenant_id text,
     sku text,
     on_hand int not null,
     reserved int not null default 0,
     primary key (tenant_id, sku),
     constraint no_oversell check (reserved between 0 and on_hand)
   );
   create table inventory.reservations (
     ${stepColumns},
     lines jsonb,
     shortages jsonb,
     check (outcome in ('reserved', 'out-of-stock'))
   );
   create index on inventory.reservations (tenant_id, order_id);
   create table inventory.repairs (sku text primary key, repaired_at timestamptz not null default now())`,
  outboxTable('inventory'),
];

export const migrateInventory = (pool: Pool): Promise<void> => migrateSchema(pool, 'inventory', steps);
