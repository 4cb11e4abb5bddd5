import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mutants } from './mutants';

const root = join(__dirname, '..', '..');
const [, documented = ''] = readFileSync(join(root, 'docs/testing.md'), 'utf8').split('## The tests bite');

// The mutants themselves run with the long tests; what they break may move at any time.
describe.each(mutants)('the mutant "$name"', ({ file, find, tests }) => {
  it('finds what it breaks, once', () => {
    expect(readFileSync(join(root, file), 'utf8').split(find)).toHaveLength(2);
  });

  it('names tests that exist', () => {
    expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('is noticed by tests that docs/testing.md names', () => {
    expect(tests.filter((path) => !documented.includes(`\`${path}`))).toEqual([]);
  });
});
