import { readFileSync } from 'node:fs';
import { familyOf, processes } from './proc';
import type { CpuPerEvent } from './report/rows';

/** Of /proc/<pid>/stat: always 100 on Linux, whatever the kernel ticks at inside (sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;

/** Milliseconds of CPU time so far, by name; undefined where there is no /proc. */
export type CpuTimes = Readonly<Record<string, number>> | undefined;

/** CPU time of each process with all that descends from it; `process.pid` counts alone, since the others are its children. */
export function cpuTimes(pids: Readonly<Record<string, number>>): CpuTimes {
  if (process.platform !== 'linux') return undefined;
  const running = processes();
  const ticksOf = (pid: number): number =>
    (pid === process.pid ? [pid] : familyOf(pid, running)).reduce(
      (sum, member) => sum + (running.get(member)?.ticks ?? 0),
      0,
    );
  const named = Object.entries(pids).map(([name, pid]) => [name, ticksOf(pid)] as const);
  const { busy, idle } = machineTicks();
  const others = Math.max(0, busy - named.reduce((sum, [, ticks]) => sum + ticks, 0));
  return Object.fromEntries(
    [...named, ['others', others] as const, ['idle', idle] as const].map(([name, ticks]) => [
      name,
      (ticks * 1_000) / TICKS_PER_SECOND,
    ]),
  );
}

/** Of the whole machine: what is neither in a named process nor idle is the kernel's own, or another program's. */
function machineTicks(): { readonly busy: number; readonly idle: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, ...rest] = line
    .trim()
    .split(/\s+/)
    .slice(1, 9)
    .map(Number);
  return { busy: user + nice + system + rest.reduce((sum, ticks) => sum + ticks, 0), idle: idle + waiting };
}

/** What was used between two looks, per event. */
export function cpuPerEvent(before: CpuTimes, after: CpuTimes, events: number): { readonly cpu?: CpuPerEvent } {
  if (before === undefined || after === undefined || events === 0) return {};
  const spent = Object.entries(after).map(([name, ms]) => [name, (ms - (before[name] ?? 0)) / events] as const);
  return { cpu: Object.fromEntries(spent) };
}
