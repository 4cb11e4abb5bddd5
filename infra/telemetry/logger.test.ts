import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from './logger';

describe('the log', () => {
  it.each(['err', 'error'])('tells the message of an error under %s', async (field) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-log-'));
    const file = join(folder, 'log');
    createLogger({ name: 'test', level: 'info', destination: { file } }).warn(
      { [field]: new Error('the group is gone') },
      'lost',
    );
    let text = '';
    while (text === '') text = await readFile(file, 'utf8').catch(() => '');
    expect(JSON.parse(text)).toMatchObject({ msg: 'lost', [field]: { message: 'the group is gone' } });
    await rm(folder, { recursive: true });
  });
});
