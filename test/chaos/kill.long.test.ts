import { killInTheMiddle } from './kill';

describe('worker, bridge and relay killed in the middle of a stream', () => {
  it.each([1, 2, 3])(
    'loses nothing and applies nothing twice, seed %i',
    async (seed) => {
      const { left, found } = await killInTheMiddle(seed, 200, 4);
      expect(found).toEqual([]);
      expect(left.open).toBe(0);
      expect(left.parkedLanes).toBe(0);
    },
    600_000,
  );
});
