import { report, simulate } from './simulate';

const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 100);

/** Every second seed: two files play them, so that two cores do. Throws what a person needs to see the first failure again. */
export async function playSeeds(first: 1 | 2): Promise<void> {
  for (let seed = first; seed <= SEEDS; seed += 2) {
    const failure = await simulate(seed);
    if (failure !== undefined) throw new Error(report(failure));
  }
}
