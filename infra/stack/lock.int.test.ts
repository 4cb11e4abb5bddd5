import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { holderOf, markHeldBy, tryLock, withLock } from './lock';

describe('the lock between processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-lock-'));
  const file = join(folder, 'a.lock');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('lets one in at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(20);
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withLock(file, work)));
    expect(most).toBe(1);
    expect(holderOf(file)).toBeUndefined();
  });

  it('is held while its holder lives, and free when that was killed', async () => {
    const holder = spawn('sleep', ['60']);
    const ended = new Promise((resolve) => holder.once('exit', resolve));
    markHeldBy(file, holder.pid ?? 0);
    expect(tryLock(file)).toBeUndefined();
    expect(holderOf(file)).toMatchObject({ pid: holder.pid });

    holder.kill('SIGKILL');
    await ended;
    const free = tryLock(file);
    expect(free).toBeDefined();
    free?.();
  });
});
