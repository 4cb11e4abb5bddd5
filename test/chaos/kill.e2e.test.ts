import { killInTheMiddle } from './kill';

describe('worker, bridge and relay killed in the middle of a stream', () => {
  it('loses nothing and applies nothing twice', async () => {
    const { left, facts, found } = await killInTheMiddle(1, { orders: 60, appointments: 3, rounds: 2, hosting: 'own' });
    expect(found).toEqual([]);
    expect(left.open).toBe(0);
    expect(left.parkedLanes).toBe(0);
    const orders = facts.streams.filter(({ target }) => target === 'orderSaga');
    expect(orders.every(({ stage }) => stage === 'completed' || stage === 'cancelled')).toBe(true);
    expect(orders.filter(({ stage }) => stage === 'completed').length).toBeGreaterThanOrEqual(60);
  }, 300_000);

  it('loses nothing of pooled journeys and applies nothing twice', async () => {
    const { left, facts, found } = await killInTheMiddle(2, {
      orders: 6,
      appointments: 20,
      rounds: 2,
      hosting: 'pooled',
    });
    expect(found).toEqual([]);
    expect(left.open).toBe(0);
    expect(left.parkedLanes).toBe(0);
    const stages = facts.streams.filter(({ target }) => target === 'appointmentJourney').map(({ stage }) => stage);
    expect(stages).toHaveLength(80);
    expect(new Set(stages)).toEqual(new Set(['attended', 'cancelled', 'missed']));
  }, 300_000);
});
