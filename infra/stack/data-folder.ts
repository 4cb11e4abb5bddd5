import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { holderOf, markHeldBy, tryLock } from './lock';
import { dataFolderFor, postgresUser } from './postgres-programs';
import { StackError } from './stack-error';

const prefix = 'millrace-stack-';
const lockName = 'in-use.lock';
const guardSuffix = '.guard.lock';
const shutdownMs = 30_000;

/** The folder of one running stack: data, logs, and who uses it. */
export interface DataFolder {
  path: string;
  temporary: boolean;
  /** Where a server's log goes. */
  log(name: string): string;
  /** Where PostgreSQL keeps its data: elsewhere when its user could not reach this folder. */
  postgres: string;
  /** Says that a server lives in this folder as long as this process does. */
  livesAsLongAs(name: string, guardPid: number): void;
  /** Gives the folder back; a temporary one is removed. */
  release(): Promise<void>;
}

export async function openDataFolder(dataDir: string | 'temporary'): Promise<DataFolder> {
  const temporary = dataDir === 'temporary';
  const path = temporary ? await freshFolder() : resolve(dataDir);
  mkdirSync(join(path, 'logs'), { recursive: true });
  const free = tryLock(join(path, lockName));
  if (free === undefined) {
    const holder = holderOf(join(path, lockName));
    throw new StackError(
      'data-in-use',
      `the data in ${path} is in use by process ${holder?.pid ?? 'another'}; end that one first`,
    );
  }
  await previousServersGone(path);
  const postgres = postgresFolder(path);
  await forgetStray(path, postgres);
  return {
    path,
    temporary,
    postgres,
    log: (name) => join(path, 'logs', `${name}.log`),
    livesAsLongAs: (name, guardPid) => markHeldBy(join(path, `${name}${guardSuffix}`), guardPid),
    async release() {
      if (temporary) await removeData(path);
      free();
    },
  };
}

/** Who uses the folder now: a stack, or servers of a killed one that are still going down. */
export function userOf(path: string): number | undefined {
  return holderOf(join(path, lockName))?.pid ?? livingGuards(path)[0];
}

/** Removes a stack's data, also what lies outside the folder. */
export async function removeData(path: string): Promise<void> {
  await rm(postgresFolder(path), { recursive: true, force: true, maxRetries: 5 });
  await rm(path, { recursive: true, force: true, maxRetries: 5 });
}

function postgresFolder(path: string): string {
  const key = createHash('sha256').update(path).digest('hex').slice(0, 12);
  return dataFolderFor(join(path, 'postgres'), postgresUser(), key);
}

/** Data of PostgreSQL that lies elsewhere goes when the folder it belongs to was removed by hand or by `git clean`. */
async function forgetStray(path: string, postgres: string): Promise<void> {
  if (dirname(postgres) === path) return;
  const mark = join(path, 'postgres-is-elsewhere');
  if (!existsSync(mark)) await rm(postgres, { recursive: true, force: true });
  writeFileSync(mark, `${postgres}\n`);
}

function livingGuards(path: string): number[] {
  if (!existsSync(path)) return [];
  const marks = readdirSync(path).filter((name) => name.endsWith(guardSuffix));
  return marks.map((name) => holderOf(join(path, name))?.pid).filter((pid) => pid !== undefined);
}

/** After a kill -9 the servers need a moment to go down, and hold files and ports until then. */
async function previousServersGone(path: string): Promise<void> {
  const deadline = Date.now() + shutdownMs;
  while (livingGuards(path).length > 0 && Date.now() < deadline) await sleep(100);
}

async function freshFolder(): Promise<string> {
  await sweep();
  const path = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(path, 0o711); // PostgreSQL's user must get through when root starts it
  return path;
}

/** Removes the temporary folders that killed processes left behind. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const path = join(tmpdir(), name);
    if (!existsSync(join(path, lockName)) || userOf(path) !== undefined) continue;
    await removeData(path).catch(() => undefined); // another user's, or another command sweeps it
  }
}
