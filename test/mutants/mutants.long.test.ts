import { type Stack, startStack } from '../../infra/stack';
import { runMutants } from './run-mutants';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ dataDir: 'temporary', parts: ['postgres'], onProgress: () => undefined });
}, 60_000);
afterAll(() => stack?.stop(), 60_000);

describe('the tests bite', () => {
  it('no mutant survives', async () => {
    const { lines, survived } = await runMutants({ DATABASE_URL: stack.databaseUrl });
    console.log(lines.join('\n'));
    expect(survived).toBe(0);
  }, 1_800_000);
});
