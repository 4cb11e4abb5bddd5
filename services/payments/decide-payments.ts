import { newEvent, PaymentDeclined, PaymentSettled } from '@millrace/events';
import type { Logger } from '@millrace/kafka';
import type { Pool, PoolClient } from 'pg';
import { addToOutbox, type OutboxEntry } from '../kit/outbox';
import { createPoller, type Round } from '../kit/poller';
import { stableId } from '../kit/stable-id';
import { inTransaction } from '../kit/transaction';
import { decisionOn } from './scripted-decision';

const BATCH = 100;

interface DuePayment {
  readonly key: string;
  readonly paymentId: string;
  readonly tenantId: string;
  readonly orderId: string;
  /** As PostgreSQL writes a bigint. */
  readonly amountCents: string;
  readonly currency: string;
  readonly customerId: string;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
}

/** The payments that are due, locked; those that another process decides or somebody voids just now are skipped. */
async function takeDue(tx: PoolClient): Promise<readonly DuePayment[]> {
  const { rows } = await tx.query<DuePayment>(
    `select key, payment_id as "paymentId", tenant_id as "tenantId", order_id as "orderId", amount_cents as "amountCents", currency,
       customer_id as "customerId", correlation_id as "correlationId", traceparent
     from payments.payments where outcome is null and undone_at is null and due_at <= now()
     order by due_at limit ${BATCH} for update skip locked`,
  );
  return rows;
}

/** The one answer of a payment: its event id is that of the payment, whatever the answer. */
function answerTo(payment: DuePayment): OutboxEntry {
  const { paymentId, tenantId, orderId, currency } = payment;
  const decision = decisionOn(payment.customerId);
  const about = {
    eventId: stableId('payment-answer', paymentId),
    tenantId,
    aggregateId: paymentId,
    correlationId: payment.correlationId ?? undefined,
  };
  const event =
    decision.outcome === 'settled'
      ? newEvent(PaymentSettled, {
          ...about,
          data: { paymentId, orderId, amountCents: Number(payment.amountCents), currency },
        })
      : newEvent(PaymentDeclined, { ...about, data: { paymentId, orderId, reason: decision.reason } });
  return { event, traceparent: payment.traceparent ?? undefined };
}

/** Decides payments that are due, each together with its answer in the outbox. Answers how many. */
export function decideDuePayments(pool: Pool): Promise<number> {
  return inTransaction(pool, async (tx) => {
    const due = await takeDue(tx);
    if (due.length === 0) return 0;
    await tx.query(
      `update payments.payments set outcome = decided.outcome, decided_at = now()
       from unnest($1::text[], $2::text[]) as decided (key, outcome) where payments.key = decided.key`,
      [due.map(({ key }) => key), due.map(({ customerId }) => decisionOn(customerId).outcome)],
    );
    await addToOutbox(tx, 'payments', due.map(answerTo));
    return due.length;
  });
}

/** Milliseconds until the next payment is due; undefined if none waits. */
async function nextDueMs(pool: Pool): Promise<number | undefined> {
  const { rows } = await pool.query<{ nextMs: number | null }>(
    `select (extract(epoch from min(due_at) - clock_timestamp()) * 1000)::float8 as "nextMs"
     from payments.payments where outcome is null and undone_at is null and due_at is not null`,
  );
  return rows[0]?.nextMs ?? undefined;
}

/** Decides payments as they become due. What a crash left undecided is found by the next start, or by another process. */
export function createDecider({ pool, logger, committed }: { pool: Pool; logger: Logger; committed: () => void }) {
  async function work(): Promise<Round> {
    const decided = await decideDuePayments(pool);
    if (decided === 0) return { found: false, nextMs: await nextDueMs(pool) };
    committed();
    return { found: true };
  }
  return createPoller({ name: 'payment decisions', work, logger });
}
