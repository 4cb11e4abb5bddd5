import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mutants } from './mutants';

const root = join(__dirname, '..', '..');

// The mutants themselves run with the long tests; what they break may move at any time.
describe.each(mutants)('the mutant "$name"', ({ file, find, tests }) => {
  it('finds what it breaks, once', () => {
    expect(readFileSync(join(root, file), 'utf8').split(find)).toHaveLength(2);
  });

  it('names tests that exist', () => {
    expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
