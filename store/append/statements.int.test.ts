import { type FreshDatabase, freshDatabase } from '../testing';
import { readStored, settings } from './statements';

let database: FreshDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});

afterAll(async () => {
  await database?.drop();
});

interface Plan {
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Node Type': string;
  readonly Plans?: readonly Plan[];
}

/** Every scan of a table or of an index in the plan. */
const scans = (plan: Plan): Plan[] => [
  ...(/^(Seq|Index|Bitmap Index)/.test(plan['Node Type']) ? [plan] : []),
  ...(plan.Plans ?? []).flatMap(scans),
];

describe('what an append reads', () => {
  it('is looked up in the indexes, also with a plan that was made while the tables were empty', async () => {
    const client = await database.pool.connect();
    try {
      await client.query(`begin; ${settings}; set local plan_cache_mode = force_generic_plan`);
      await client.query({ ...readStored, values: [['a'], ['a'], ['e'], ['a'], [1], ['h'], ['p']] });
      const { rows } = await client.query<{ 'QUERY PLAN': readonly [{ readonly Plan: Plan }] }>(
        `explain (format json) execute "${readStored.name}"('{a}', '{a}', '{e}', '{a}', '{1}', '{h}', '{p}')`,
      );
      const found = rows.flatMap((row) => scans(row['QUERY PLAN'][0].Plan));
      expect(found).toHaveLength(5);
      expect(found.filter((scan) => scan['Index Cond'] === undefined)).toEqual([]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
