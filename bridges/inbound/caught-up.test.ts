import { createCaughtUp } from './caught-up';

const lags = (...each: readonly number[]) => each.map((lag, partition) => ({ topic: 'orders', partition, lag }));

describe('a bridge', () => {
  function given() {
    const time = { now: 1_000 };
    return { time, caughtUp: createCaughtUp(100, () => time.now) };
  }

  it('has not caught up before it has partitions, nor right after', () => {
    const { time, caughtUp } = given();
    time.now = 5_000;
    expect(caughtUp.isSo([])).toBe(false);
    caughtUp.assigned();
    time.now = 5_099;
    expect(caughtUp.isSo(lags(0, 0))).toBe(false);
    time.now = 5_100;
    expect(caughtUp.isSo([])).toBe(true);
  });

  it('has caught up when each partition was read to its end once, whatever came since', () => {
    const { time, caughtUp } = given();
    caughtUp.assigned();
    time.now = 2_000;
    expect(caughtUp.isSo(lags(40, 7))).toBe(false);
    expect(caughtUp.isSo(lags(0, 7))).toBe(false);
    expect(caughtUp.isSo(lags(3, 0))).toBe(true);
  });

  it('begins anew with each assignment', () => {
    const { time, caughtUp } = given();
    caughtUp.assigned();
    time.now = 2_000;
    expect(caughtUp.isSo(lags(0))).toBe(true);
    caughtUp.assigned();
    time.now = 3_000;
    expect(caughtUp.isSo(lags(1))).toBe(false);
  });
});
