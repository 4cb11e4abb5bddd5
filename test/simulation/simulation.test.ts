import fc from 'fast-check';
import { playSeeds } from './play-seeds';
import { scenario } from './scenario';
import { play } from './simulate';

describe('bridges, relays and hosts in a simulated world', () => {
  it('lose, repeat and reorder nothing, commit only what is settled and their own, with odd seeds', async () => {
    await playSeeds(1);
  }, 300_000);

  it('goes the same way every time', async () => {
    for (const given of fc.sample(scenario, { seed: 7, numRuns: 20 })) {
      expect(await play(given)).toEqual(await play(given));
    }
  });
});
