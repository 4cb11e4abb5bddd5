import { killInTheMiddle } from './kill';

describe('worker, bridge and relay killed in the middle of a stream', () => {
  it.each([
    [1, 'own'],
    [2, 'own'],
    [3, 'own'],
    [4, 'pooled'],
    [5, 'pooled'],
    [6, 'pooled'],
  ] as const)(
    'loses nothing and applies nothing twice, seed %i, journeys %s',
    async (seed, hosting) => {
      const { left, found } = await killInTheMiddle(seed, { orders: 200, appointments: 25, rounds: 4, hosting });
      expect(found).toEqual([]);
      expect(left.open).toBe(0);
      expect(left.parkedLanes).toBe(0);
    },
    600_000,
  );
});
