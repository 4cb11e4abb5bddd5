import type { Pool } from 'pg';
import { lockKey } from '../kit/steps';
import { inTransaction } from '../kit/transaction';
import { findPayment, type PaymentStatus, paymentStatus } from './payment';

const markVoided = `
  insert into payments.payments (key, undone_at) values ($1, now())
  on conflict (key) do update set undone_at = now()`;

/**
 * Takes a payment back: prevents its settlement, or refunds it; safe when it was declined, never asked for or voided
 * before. From then on the key's step is refused.
 */
export function voidPayment(pool: Pool, key: string): Promise<PaymentStatus> {
  return inTransaction(pool, async (tx) => {
    await lockKey(tx, 'payments', key);
    const known = await findPayment(tx, key);
    if (known?.undone !== true) await tx.query(markVoided, [key]);
    return paymentStatus({ outcome: known?.outcome ?? null, undone: true });
  });
}
