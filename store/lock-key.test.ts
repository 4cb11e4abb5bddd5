import fc from 'fast-check';
import { lockKey, sortedKeys } from './lock-key';

describe('lockKey', () => {
  it('keeps kinds apart: the lane of a subject is not locked with its stream', () => {
    expect(lockKey('stream', 'a')).not.toBe(lockKey('lane', 'a'));
    expect(lockKey('stream', 'a')).toBe(lockKey('stream', 'a'));
  });

  it('fits bigint', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(BigInt.asIntN(64, lockKey('lease', name))).toBe(lockKey('lease', name));
      }),
    );
  });
});

describe('sortedKeys', () => {
  it('is ascending, each once', () => {
    expect(sortedKeys([3n, -5n, 3n, 0n])).toEqual([-5n, 0n, 3n]);
  });
});
