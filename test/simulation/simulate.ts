import fc from 'fast-check';
import { type Scenario, scenario } from './scenario';
import { check } from './verdict';
import { World } from './world';

export interface Run {
  readonly violations: readonly string[];
  /** Things that happened: the size of the run. */
  readonly steps: number;
}

/** One run of a scenario, always the same. */
export async function play(given: Scenario): Promise<Run> {
  const world = new World(given);
  await world.play();
  if (world.journal.violations.length === 0) check(world);
  return { violations: world.journal.violations, steps: world.timeline.steps };
}

export interface Failure {
  readonly seed: number;
  /** fast-check's path to the smallest scenario found. */
  readonly path: string;
  readonly violations: readonly string[];
  readonly scenario: Scenario;
}

/** The scenario of a seed; if it fails, the smallest one found that still does. */
export async function simulate(seed: number, path?: string): Promise<Failure | undefined> {
  let violations: readonly string[] = [];
  const found = await fc.check(
    fc.asyncProperty(scenario, async (given) => {
      const run = await play(given);
      if (run.violations.length === 0) return true;
      violations = run.violations;
      return false;
    }),
    { seed, numRuns: 1, ...(path === undefined ? {} : { path, endOnFailure: true }) },
  );
  if (!found.failed) return undefined;
  const [smallest] = found.counterexample ?? [];
  if (smallest === undefined) throw new Error(`seed ${seed} failed without an example: ${found.errorInstance}`);
  violations = (await play(smallest)).violations;
  return { seed, path: found.counterexamplePath ?? '', violations, scenario: smallest };
}

/** For people: what went wrong, in what, and how to see it again. */
export const report = ({ seed, path, violations, scenario: given }: Failure): string =>
  [
    `seed ${seed} fails:`,
    ...violations.map((violation) => `  ${violation}`),
    `in ${JSON.stringify(given)}`,
    `again: npm run simulate -- --seed ${seed} --path ${path}`,
  ].join('\n');
