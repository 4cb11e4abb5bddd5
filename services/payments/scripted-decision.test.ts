import { paymentStatus } from './payment';
import { answersAfterMs, decisionOn } from './scripted-decision';

describe('the scripted bank', () => {
  it.each([
    ['cust-1', 'settled', 0],
    ['cust-declined', 'declined', 0],
    ['cust-declined-9', 'declined', 0],
    ['cust-slow-9', 'settled', 3_000],
    ['cust-silent-9', 'settled', null],
  ])('gives %s: %s after %s ms', (customerId, outcome, afterMs) => {
    expect(decisionOn(customerId).outcome).toBe(outcome);
    expect(answersAfterMs(customerId)).toBe(afterMs);
  });
});

describe('a payment', () => {
  it.each([
    ['pending', null, false],
    ['settled', 'settled', false],
    ['declined', 'declined', false],
    ['voided', null, true],
    ['voided', 'declined', true],
    ['refunded', 'settled', true],
  ] as const)('is %s when decided %s and undone is %s', (status, outcome, undone) => {
    expect(paymentStatus({ outcome, undone })).toBe(status);
  });
});
