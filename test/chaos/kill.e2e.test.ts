import { killInTheMiddle } from './kill';

describe('worker, bridge and relay killed in the middle of a stream', () => {
  it('loses nothing and applies nothing twice', async () => {
    const { left, facts, found } = await killInTheMiddle(1, 60, 2);
    expect(found).toEqual([]);
    expect(left.open).toBe(0);
    expect(left.parkedLanes).toBe(0);
    const orders = facts.streams.filter(({ target }) => target === 'orderSaga');
    expect(orders.every(({ stage }) => stage === 'completed' || stage === 'cancelled')).toBe(true);
    expect(orders.filter(({ stage }) => stage === 'completed').length).toBeGreaterThanOrEqual(60);
  }, 300_000);
});
