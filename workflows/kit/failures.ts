import { ApplicationFailure, CancelledFailure, TemporalFailure, TimeoutFailure } from '@temporalio/common';

const MAX_REASON = 500;

/** Failures that a saga answers by taking back; any other error is a bug of ours. */
export const isFailure = (error: unknown): error is TemporalFailure => error instanceof TemporalFailure;

/** A failure that a saga's own rules found: `type` is a code such as `payment-mismatch`. */
export const refused = (type: string, message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, type);

/** For people: what went wrong at the root, without stack or wrapping. */
export function reasonOf(failure: Error): string {
  const root = rootOf(failure);
  return textOf(root).slice(0, MAX_REASON);
}

function rootOf(failure: Error): Error {
  return failure.cause instanceof Error ? rootOf(failure.cause) : failure;
}

function textOf(root: Error): string {
  // A plain error that an activity threw arrives as a failure of type `Error`: that says nothing.
  if (root instanceof ApplicationFailure && root.type && root.type !== 'Error') return `${root.type}: ${root.message}`;
  if (root instanceof CancelledFailure) return 'cancel-requested: Temporal was asked to cancel the workflow';
  if (root instanceof TimeoutFailure) return `timeout: ${root.message}`;
  return root.message;
}
