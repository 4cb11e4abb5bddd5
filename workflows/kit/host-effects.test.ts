import { ApplicationFailure } from '@temporalio/common';
import type { Pending } from './effects';
import { HostEffects } from './host-effects';

const ring: Pending<'ring'> = {
  version: 3,
  effect: 'ring',
  context: { key: 'counter/test/a/3/ring', tenantId: 'test', correlationId: 'a' },
};

describe('effects of a host', () => {
  test('bug: one that was refused was tried again without a trace', async () => {
    const answers = [ApplicationFailure.nonRetryable('no such bell', 'unknown-bell'), undefined];
    const warn = jest.fn();
    const sleep = jest.fn(async () => {});
    const perform = async () => {
      const refusal = answers.shift();
      if (refusal !== undefined) throw refusal;
    };
    const effects = new HostEffects<'ring'>(perform, { sleep, warn });
    effects.start([ring]);
    await new Promise(setImmediate);
    expect(effects.size).toBe(0);
    expect(sleep).toHaveBeenCalledTimes(1);
    const told = { subject: 'counter/test/a', key: ring.context.key, reason: 'unknown-bell: no such bell' };
    expect(warn.mock.calls).toEqual([[expect.any(String), told]]);
  });
});
