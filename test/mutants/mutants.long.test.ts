import { runMutants } from './run-mutants';

describe('the tests bite', () => {
  it('no mutant survives', () => {
    const { lines, survived } = runMutants();
    console.log(lines.join('\n'));
    expect(survived).toBe(0);
  }, 1_800_000);
});
