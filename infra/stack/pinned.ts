import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGuarded, tail } from './guarded-process';
import { withLock } from './lock';
import { type OnProgress, timed } from './progress';
import { StackError } from './stack-error';

/** Something fetched or built once for the machine, by versions that are written down in the checkout. */
export interface Pinned {
  name: string;
  version: string;
  /** The files that pin it: another content is another thing. */
  pins: readonly string[];
  /** For the progress line: "building Temporal's CLI 1.5.1 with Go". */
  what: string;
  /** Puts it into an empty folder. */
  build(into: string, signal: AbortSignal): Promise<void>;
}

/** Who wants it built: hears how it goes, and may lose interest. */
export interface Building {
  onProgress: OnProgress;
  signal: AbortSignal;
}

/** `$XDG_CACHE_HOME/millrace`: outside the checkout, so that it outlives `git clean` and serves several checkouts. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'millrace');
}

/** Where it is, or will be once it has been built. */
export function folderOf({ name, version, pins }: Pinned): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const pin of pins) hash.update(readFileSync(pin));
  return join(cacheFolder(), `${name}-${version}-${hash.digest('hex').slice(0, 12)}`);
}

/**
 * The folder with the built thing. Built in a folder beside it and renamed into place, so a half-built one is never
 * seen; under a lock, so two commands at the same time build it once.
 */
export async function provide(pinned: Pinned, { onProgress, signal }: Building): Promise<string> {
  const folder = folderOf(pinned);
  if (existsSync(folder)) return folder;
  const waitingFor = ({ pid }: { pid: number }) =>
    onProgress(`${pinned.what}: process ${pid} is at it already, waiting for it`);
  await withLock(
    `${folder}.lock`,
    async () => {
      if (existsSync(folder)) return;
      signal.throwIfAborted();
      const building = `${folder}.building`; // the lock is ours: what is there was left by a process that died
      await rm(building, { recursive: true, force: true });
      await mkdir(building, { recursive: true });
      try {
        await timed(onProgress, pinned.what, () => pinned.build(building, signal));
        await rename(building, folder);
      } finally {
        await rm(building, { recursive: true, force: true });
      }
    },
    waitingFor,
  );
  return folder;
}

interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  user?: { uid: number; gid: number } | undefined;
  /** Ends the command when it aborts. */
  signal?: AbortSignal;
}

/** Runs a build command to its end. Fails with the end of what it printed. */
export async function run(
  command: string,
  args: readonly string[],
  { signal, ...options }: RunOptions = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-build-'));
  const log = join(folder, 'log');
  try {
    const process = await startGuarded({ name: 'build', command, args, log, stop: 'TERM', graceMs: 2_000, ...options });
    signal?.addEventListener('abort', () => void process.stop(), { once: true });
    const code = await process.waitForExit();
    signal?.throwIfAborted();
    if (code !== 0) {
      throw new StackError('build-failed', `${command} ${args.join(' ')} ended with exit code ${code}:\n${tail(log)}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
