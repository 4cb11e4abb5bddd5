import { familyOf, processes, readProcess } from '../proc';

const KIBIBYTES = /^Pss:\s+(\d+) kB$/m;

/** MiB by process, at one moment. */
export type Memory = Readonly<Record<string, number>>;

/** What these processes, and all that descend from them, hold in MiB. Memory that several share is divided among them. */
export function memoryOf(pids: Readonly<Record<string, number>>): Memory {
  const running = processes();
  const mebibytes = (pid: number) => familyOf(pid, running).reduce((sum, member) => sum + held(member), 0) / 1_024;
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, mebibytes(pid)]));
}

const held = (pid: number): number => Number(KIBIBYTES.exec(readProcess(`${pid}/smaps_rollup`) ?? '')?.[1] ?? 0);

/** Looks again and again, until it is stopped and answers what it saw, in order. */
export function watchMemory(pids: Readonly<Record<string, number>>, everyMs: number): () => readonly Memory[] {
  const seen = [memoryOf(pids)];
  const looking = setInterval(() => seen.push(memoryOf(pids)), everyMs);
  return () => {
    clearInterval(looking);
    return [...seen, memoryOf(pids)];
  };
}

/** Name by name, the mean. Throws for none. */
export function meanMemory(seen: readonly Memory[]): Memory {
  const [first] = seen;
  if (first === undefined) throw new RangeError('a mean of nothing');
  const mean = (name: string) => seen.reduce((sum, memory) => sum + (memory[name] ?? 0), 0) / seen.length;
  return Object.fromEntries(Object.keys(first).map((name) => [name, mean(name)]));
}

/** Those of these names together. */
export const totalOf = (memory: Memory, names: readonly string[]): number =>
  names.reduce((sum, name) => sum + (memory[name] ?? 0), 0);
