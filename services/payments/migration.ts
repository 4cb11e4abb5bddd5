import type { Pool } from 'pg';
import { migrateSchema } from '../kit/migrate';
import { outboxTable } from '../kit/outbox';
import { stepColumns } from '../kit/steps';

const steps = [
  `create table payments.payments (
     ${stepColumns},
     payment_id uuid unique,
     amount_cents bigint,
     currency text,
     customer_id text,
     due_at timestamptz,
     decided_at timestamptz,
     correlation_id text,
     traceparent text,
     check (outcome in ('settled', 'declined'))
   );
   create index on payments.payments (tenant_id, order_id);
   create index undecided on payments.payments (due_at) where outcome is null and undone_at is null and due_at is not null`,
  outboxTable('payments'),
];

export const migratePayments = (pool: Pool): Promise<void> => migrateSchema(pool, 'payments', steps);
