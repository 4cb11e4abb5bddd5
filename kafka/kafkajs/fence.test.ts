import { KafkaError } from '../errors';
import { createFence } from './fence';

const topic = 't';
const place = (partition: number) => ({ topic, partition });
const at = (partition: number, offset: bigint) => ({ topic, partition, offset });
const batch = (partition: number, from: bigint, next: bigint) => ({ topic, partition, from, next });

function codeOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    return error instanceof KafkaError ? error.code : 'other';
  }
  return 'none';
}

describe('the ownership fence', () => {
  it('lets nothing through before the first assignment and while the group is put together', () => {
    const fence = createFence();
    expect(fence.admit(batch(0, 0n, 5n))).toBe(false);
    fence.open([place(0)]);
    expect(fence.admit(batch(0, 0n, 5n))).toBe(true);
    fence.close();
    expect(fence.admit(batch(0, 5n, 9n))).toBe(false);
    expect(codeOf(() => fence.checkCommit([at(0, 5n)]))).toBe('not-assigned');
    expect(fence.assigned()).toEqual([]);
  });

  it('refuses commits for what is not assigned now, and backwards ones', () => {
    const fence = createFence();
    fence.open([place(0), place(1)]);
    fence.committed([at(0, 10n)]);
    expect(codeOf(() => fence.checkCommit([at(0, 11n), at(1, 1n)]))).toBe('none');
    expect(codeOf(() => fence.checkCommit([at(0, 9n)]))).toBe('backwards');
    fence.open([place(1)]);
    expect(codeOf(() => fence.checkCommit([at(1, 1n), at(0, 11n)]))).toBe('not-assigned');
    expect(fence.assigned()).toEqual([place(1)]);
  });

  it('forgets what was committed when the partition goes, for its next owner may rewind it on purpose', () => {
    const fence = createFence();
    fence.open([place(0)]);
    fence.committed([at(0, 10n)]);
    fence.open([place(0)]);
    expect(codeOf(() => fence.checkCommit([at(0, 9n)]))).toBe('backwards');
    fence.open([]);
    fence.open([place(0)]);
    expect(codeOf(() => fence.checkCommit([at(0, 9n)]))).toBe('none');
  });

  it('drops a batch that was fetched before the rebalance and arrives after it', () => {
    const fence = createFence();
    fence.open([place(0)]);
    fence.admit(batch(0, 100n, 500n));
    fence.committed([at(0, 200n)]);
    fence.open([place(0)]);
    // Reading starts again at 200; this one would make kafkajs skip 200 to 500.
    expect(fence.admit(batch(0, 500n, 600n))).toBe(false);
    expect(fence.admit(batch(0, 200n, 600n))).toBe(true);
    expect(fence.admit(batch(0, 600n, 700n))).toBe(true);
  });

  it('knows where reading starts again also when nothing has been committed yet', () => {
    const fence = createFence();
    fence.open([place(0)]);
    fence.admit(batch(0, 100n, 500n));
    fence.open([place(0)]);
    expect(fence.admit(batch(0, 500n, 600n))).toBe(false);
    expect(fence.admit(batch(0, 100n, 500n))).toBe(true);
  });

  it('bug: a batch from before the member was given up for dead was read again, and committed backwards', () => {
    const fence = createFence();
    fence.open([place(0)]);
    fence.admit(batch(0, 100n, 500n));
    fence.open([place(0), place(1)], false); // meanwhile somebody else has committed 300
    expect(fence.admit(batch(0, 100n, 500n))).toBe(false);
    expect(fence.admit(batch(0, 300n, 500n))).toBe(true);
    expect(fence.admit(batch(0, 500n, 600n))).toBe(true);
    expect(fence.admit(batch(1, 7n, 9n))).toBe(true);
  });

  it('bug: a batch from before the partition went to somebody else and came back made what lies between be skipped', () => {
    const fence = createFence();
    fence.open([place(0)]);
    fence.admit(batch(0, 100n, 500n));
    fence.open([place(1)]); // its new owner commits 300
    fence.open([place(0), place(1)]);
    fence.open([place(0)]); // nothing was read meanwhile
    expect(fence.admit(batch(0, 500n, 600n))).toBe(false);
    expect(fence.admit(batch(0, 300n, 600n))).toBe(true);
    expect(fence.admit(batch(0, 600n, 700n))).toBe(true);
  });

  it('takes the second batch that begins late: then the log begins there', () => {
    const fence = createFence();
    fence.open([place(0)]);
    fence.admit(batch(0, 100n, 500n));
    fence.open([place(0)]);
    expect(fence.admit(batch(0, 300n, 600n))).toBe(false);
    expect(fence.admit(batch(0, 300n, 600n))).toBe(true);
  });

  it('does not lower what it knows when an older commit is confirmed late', () => {
    const fence = createFence();
    fence.open([place(0)]);
    fence.committed([at(0, 10n)]);
    fence.committed([at(0, 4n), at(7, 1n)]);
    expect(codeOf(() => fence.checkCommit([at(0, 9n)]))).toBe('backwards');
  });
});
