import fc from 'fast-check';
import { type Action, DELIVER_AT_MOST, PARTITIONS, World } from '../test/core-world';

const lane = fc.constantFrom('a', 'b', 'c', 'd');
/** Most records feed one lane, some two, some none. */
const feeds = fc.oneof(
  { weight: 6, arbitrary: lane.map((one) => [one]) },
  { weight: 1, arbitrary: fc.constant<string[]>([]) },
  { weight: 1, arbitrary: fc.uniqueArray(lane, { minLength: 2, maxLength: 2 }) },
);
const logs = fc.array(fc.array(feeds, { maxLength: 40 }), { minLength: PARTITIONS, maxLength: PARTITIONS });

const which = fc.nat(20);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      partition: which,
      count: fc.integer({ min: 1, max: DELIVER_AT_MOST }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('settle' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fail' as const), which }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('answer' as const), ok: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(5, 20, 100, 400) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('assign' as const),
      partitions: fc.array(fc.nat(PARTITIONS - 1)),
      elsewhere: fc.nat(10),
    }),
  },
);

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 400);

describe('the consumer core, whatever happens in whatever order', () => {
  it('keeps lane order, commits nothing unfinished, foreign or backwards, bounds what it holds, and settles everything in the end', () => {
    let commits = 0;
    fc.assert(
      fc.property(logs, fc.array(action, { maxLength: 150, size: 'max' }), (lanes, actions) => {
        const world = new World(lanes);
        for (const one of actions) world.act(one);
        world.finishAll();
        commits += world.commits;
      }),
      { numRuns: RUNS },
    );
    expect(commits).toBeGreaterThan(RUNS);
  });

  it('drains when it is stopped at any moment', () => {
    fc.assert(
      fc.property(logs, fc.array(action, { maxLength: 60, size: 'max' }), (lanes, actions) => {
        const world = new World(lanes);
        for (const one of actions) world.act(one);
        world.stop();
      }),
      { numRuns: RUNS },
    );
  });
});
