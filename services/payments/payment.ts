import type { Pool, PoolClient } from 'pg';
import type { KnownStep } from '../kit/steps';

/** A row of payments.payments, or a tombstone, which has nothing but its key. */
export interface Payment extends KnownStep {
  readonly key: string;
  readonly tenantId: string | null;
  readonly orderId: string | null;
  readonly outcome: 'settled' | 'declined' | null;
  readonly paymentId: string | null;
  /** As PostgreSQL writes a bigint. */
  readonly amountCents: string | null;
  readonly currency: string | null;
  readonly customerId: string | null;
}

const columns = `key, fingerprint, tenant_id as "tenantId", order_id as "orderId", outcome, payment_id as "paymentId",
  amount_cents as "amountCents", currency, customer_id as "customerId", undone_at is not null as undone`;

export type PaymentStatus = 'pending' | 'settled' | 'declined' | 'voided' | 'refunded';

/** A void before the decision prevents it; after a settlement it gives the money back. */
export function paymentStatus({ outcome, undone }: Pick<Payment, 'outcome' | 'undone'>): PaymentStatus {
  if (undone) return outcome === 'settled' ? 'refunded' : 'voided';
  return outcome ?? 'pending';
}

/** Locks the row against a decision that is being made. The caller holds the key's lock. */
export async function findPayment(tx: PoolClient, key: string): Promise<Payment | undefined> {
  const { rows } = await tx.query<Payment>(`select ${columns} from payments.payments where key = $1 for update`, [key]);
  return rows[0];
}

export async function paymentsOf(
  pool: Pool,
  { tenantId, orderId }: { tenantId: string; orderId: string },
): Promise<readonly Payment[]> {
  const { rows } = await pool.query<Payment>(
    `select ${columns} from payments.payments where tenant_id = $1 and order_id = $2 order by requested_at, key limit 1000`,
    [tenantId, orderId],
  );
  return rows;
}
