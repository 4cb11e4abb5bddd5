import { silent } from '@millrace/kafka';
import { StoreError } from '../../store/errors';
import { keepLedger } from './keep-ledger';

const lockTimeout = () => new StoreError('unavailable', 'canceling statement due to lock timeout');

describe('keeping the ledger', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('waits a minute when a lock is not to be had, at the start as well, and then an hour', async () => {
    const failures = [lockTimeout(), new Error('whatever')];
    const maintain = jest.fn(async () => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
    });
    const end = await keepLedger(maintain, silent);
    await jest.advanceTimersByTimeAsync(60_000);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(maintain).toHaveBeenCalledTimes(3);
    await jest.advanceTimersByTimeAsync(3_599_999);
    expect(maintain).toHaveBeenCalledTimes(3);
    await jest.advanceTimersByTimeAsync(1);
    expect(maintain).toHaveBeenCalledTimes(4);
    end();
    await jest.advanceTimersByTimeAsync(7_200_000);
    expect(maintain).toHaveBeenCalledTimes(4);
  });

  it('does not start with a fault that will not go away', async () => {
    const maintain = () => Promise.reject(new StoreError('refused-by-database', 'no such table'));
    await expect(keepLedger(maintain, silent)).rejects.toThrow('no such table');
  });
});
