import fc from 'fast-check';
import { scenario } from './scenario';
import { play, report, simulate } from './simulate';

const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 300);

describe('bridges and relays in a simulated world', () => {
  it(`lose, repeat and reorder nothing, commit only what is settled and their own, over ${SEEDS} seeds`, async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const failure = await simulate(seed);
      if (failure !== undefined) throw new Error(report(failure));
    }
  }, 300_000);

  it('goes the same way every time', async () => {
    for (const given of fc.sample(scenario, { seed: 7, numRuns: 20 })) {
      expect(await play(given)).toEqual(await play(given));
    }
  });
});
