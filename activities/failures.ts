import { ApplicationFailure } from '@temporalio/common';

/**
 * Refusals: answers that trying again would not change. A workflow compensates, or a saga that is taking back gets
 * stuck. Whatever is not in this table (no answer, a time-out, 429, 5xx, an answer nobody understands) is tried again.
 */
export const REFUSALS = {
  'out-of-stock': 'the stock does not suffice',
  'already-released': 'the reservation was released before it came',
  'release-refused': 'the warehouse does not take the stock back',
  'payment-refused': 'the payment is not accepted for processing',
  'already-voided': 'the payment was voided before it came',
  'carrier-refused': 'the carrier does not take the shipment',
  'already-cancelled': 'the shipment was cancelled before it came',
  'idempotency-key-reused': 'the key was used for another request: a bug of ours',
  'bad-request': 'the service does not understand the request: a bug of ours',
} as const;

export type RefusalType = keyof typeof REFUSALS;

export const isRefusalType = (code: string): code is RefusalType => Object.hasOwn(REFUSALS, code);

/** A failure that is not tried again. Facts travel as details; `message` is for people. */
export function refusal(
  type: RefusalType,
  message: string,
  facts: Readonly<Record<string, unknown>>,
): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: [facts] });
}
