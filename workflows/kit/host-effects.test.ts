import { ApplicationFailure } from '@temporalio/common';
import type { Pending } from './effects';
import { HostEffects } from './host-effects';

const mockWarn = jest.fn();
const mockSleep = jest.fn(async () => {});
jest.mock('@temporalio/workflow', () => ({
  log: { warn: (...line: unknown[]) => mockWarn(...line) },
  sleep: () => mockSleep(),
}));

const ring: Pending<'ring'> = {
  version: 3,
  effect: 'ring',
  context: { key: 'counter/test/a/3/ring', tenantId: 'test', correlationId: 'a' },
};

describe('effects of a host', () => {
  test('bug: one that was refused was tried again without a trace', async () => {
    const answers = [ApplicationFailure.nonRetryable('no such bell', 'unknown-bell'), undefined];
    const effects = new HostEffects<'ring'>(async () => {
      const refusal = answers.shift();
      if (refusal !== undefined) throw refusal;
    });
    effects.start([ring]);
    await new Promise(setImmediate);
    expect(effects.size).toBe(0);
    expect(mockSleep).toHaveBeenCalledTimes(1);
    const told = { subject: 'counter/test/a', key: ring.context.key, reason: 'unknown-bell: no such bell' };
    expect(mockWarn.mock.calls).toEqual([[expect.any(String), told]]);
  });
});
