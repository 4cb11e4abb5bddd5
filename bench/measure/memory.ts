import { readdirSync, readFileSync } from 'node:fs';

const PAGE_BYTES = 4_096;
const MEBIBYTE = 2 ** 20;

/**
 * Resident memory in MiB of a process and all that descends from it. Memory that processes share, as PostgreSQL's do, counts
 * once for each.
 */
export function residentMiB(pid: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined;
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const family = [pid];
  for (const member of family) for (const [child, parent] of parents) if (parent === member) family.push(child);
  return family.reduce((sum, member) => sum + pagesOf(member), 0) * (PAGE_BYTES / MEBIBYTE);
}

function parentOf(pid: string): number | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text === undefined ? undefined : Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
}

const pagesOf = (pid: number): number => Number(read(`/proc/${pid}/statm`)?.split(' ')[1] ?? 0);

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // it has ended meanwhile
  }
}
