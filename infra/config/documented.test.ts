import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingNames } from './config';
import { mayComeFromFile } from './from-files';

const page = readFileSync(join(__dirname, '../../docs/configuration.md'), 'utf8');
const [table = '', rest = ''] = page.split('## Secrets');
const named = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name).sort();

describe('docs/configuration.md', () => {
  it('lists every setting and no other', () => {
    const cells = table.split('\n').flatMap((line) => (line.startsWith('| `') ? [line.split('|')[1] ?? ''] : []));
    expect(named(cells.join(), /`([A-Z_]+)`/g)).toEqual([...settingNames].sort());
  });

  it('lists what may come from a file', () => {
    const [sentence = ''] = rest.split('```');
    expect(named(sentence, /`([A-Z_]+)_FILE`/g).filter((name) => name !== 'NAME')).toEqual([...mayComeFromFile].sort());
  });
});
