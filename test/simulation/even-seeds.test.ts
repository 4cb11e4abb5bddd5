import { playSeeds } from './play-seeds';

describe('bridges, relays and hosts in a simulated world', () => {
  it('lose, repeat and reorder nothing, commit only what is settled and their own, with even seeds', async () => {
    await playSeeds(2);
  }, 300_000);
});
