import { readdirSync, readFileSync } from 'node:fs';

/** A process in /proc. */
interface Running {
  readonly parent: number;
  /** User and system time of the process and of children that it has waited for. */
  readonly ticks: number;
}

/** All processes of the machine at this moment, by their id. */
export function processes(): ReadonlyMap<number, Running> {
  const found = new Map<number, Running>();
  for (const name of readdirSync('/proc')) {
    const running = /^\d+$/.test(name) ? runningOf(name) : undefined;
    if (running !== undefined) found.set(Number(name), running);
  }
  return found;
}

/** A process and all that descends from it. */
export function familyOf(pid: number, running: ReadonlyMap<number, Running>): readonly number[] {
  const family = [pid];
  for (const member of family) for (const [child, { parent }] of running) if (parent === member) family.push(child);
  return family;
}

function runningOf(pid: string): Running | undefined {
  const text = readProcess(`${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // the name before may hold blanks and brackets
  const number = (at: number) => Number(fields[at]);
  return { parent: number(1), ticks: number(11) + number(12) + number(13) + number(14) };
}

/** A file under /proc; undefined if its process has ended meanwhile. */
export function readProcess(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return undefined;
  }
}
