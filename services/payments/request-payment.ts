import type { Pool } from 'pg';
import type { Trace } from '../kit/request';
import { stableId } from '../kit/stable-id';
import { fingerprintOf, judgeStep, lockKey } from '../kit/steps';
import { inTransaction } from '../kit/transaction';
import { findPayment } from './payment';
import { answersAfterMs } from './scripted-decision';

export interface PaymentRequest {
  readonly tenantId: string;
  readonly orderId: string;
  readonly amountCents: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly customerId: string;
}

export type RequestOutcome =
  | { readonly result: 'accepted'; readonly paymentId: string }
  | { readonly result: 'already-voided' }
  | { readonly result: 'key-reused' };

/** Accepts a payment, once per key. It is decided later, by `decideDuePayments`. */
export function requestPayment(
  pool: Pool,
  key: string,
  request: PaymentRequest,
  trace: Trace,
): Promise<RequestOutcome> {
  const fingerprint = fingerprintOf(request);
  const { tenantId, orderId, amountCents, currency, customerId } = request;
  const paymentId = stableId('payment', tenantId, key);
  return inTransaction(pool, async (tx): Promise<RequestOutcome> => {
    await lockKey(tx, 'payments', key);
    const verdict = judgeStep(await findPayment(tx, key), fingerprint);
    if (verdict === 'key-reused') return { result: 'key-reused' };
    if (verdict === 'undone') return { result: 'already-voided' };
    if (verdict === 'repeated') return { result: 'accepted', paymentId };
    await tx.query(
      `insert into payments.payments (key, fingerprint, tenant_id, order_id, payment_id, amount_cents, currency, customer_id,
         requested_at, due_at, correlation_id, traceparent)
       values ($1, $2, $3, $4, $5, $6, $7, $8, now(), now() + $9::float8 * interval '1 millisecond', $10, $11)`,
      [
        key,
        fingerprint,
        tenantId,
        orderId,
        paymentId,
        amountCents,
        currency,
        customerId,
        answersAfterMs(customerId),
        trace.correlationId,
        trace.traceparent,
      ],
    );
    return { result: 'accepted', paymentId };
  });
}
