import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { isFailure, reasonOf, refused } from './failures';

const inActivity = (cause: Error): ActivityFailure =>
  new ActivityFailure('Activity task failed', 'reserveStock', '1', RetryState.NON_RETRYABLE_FAILURE, 'worker', cause);

describe('failures', () => {
  test('tell the type and message at their root', () => {
    expect(reasonOf(inActivity(ApplicationFailure.nonRetryable('SKU-1 is sold out', 'out-of-stock')))).toBe(
      'out-of-stock: SKU-1 is sold out',
    );
    expect(reasonOf(refused('payment-declined', 'card expired'))).toBe('payment-declined: card expired');
  });

  test('tell a time-out and a cancel request as such', () => {
    expect(reasonOf(inActivity(new TimeoutFailure('too slow', undefined, TimeoutType.START_TO_CLOSE)))).toBe(
      'timeout: too slow',
    );
    expect(reasonOf(inActivity(new CancelledFailure('cancelled')))).toContain('cancel-requested');
    expect(reasonOf(ApplicationFailure.retryable('no answer', null))).toBe('no answer');
  });

  test('are told in 500 characters at most', () => {
    expect(reasonOf(refused('bad-request', 'x'.repeat(2_000)))).toHaveLength(500);
  });

  test('are told from bugs of ours', () => {
    expect(isFailure(inActivity(new Error('unavailable')))).toBe(true);
    expect(isFailure(new Error('conflict'))).toBe(false);
  });
});
