import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEAD_LETTER_CODES } from './dead-letter-codes';

const runbook = readFileSync(join(__dirname, '../docs/runbooks/dead.md'), 'utf8');

describe('docs/runbooks/dead.md', () => {
  it('says of every cause that the platform gives, and of no other, what to do', () => {
    const cells = runbook.split('\n').flatMap((line) => (line.startsWith('| `') ? [line.split('|')[1] ?? ''] : []));
    const causes = [...cells.join().matchAll(/`([a-z-]+)`/g)].map(([, cause]) => cause);
    expect(causes.sort()).toEqual([...DEAD_LETTER_CODES].sort());
  });
});
