import type { Contender } from './contender';
import { cpuPerEvent, cpuTimes } from './cpu';
import { type Carried, readMeters } from './meters';
import type { Costs } from './report/rows';

/** Notes what has been used so far, at once; answers how to learn what was used since, for so many events. */
export function costsFrom(
  { pids, metricsPorts }: Pick<Contender, 'pids' | 'metricsPorts'>,
  more: Readonly<Record<string, number>> = {},
): (events: number) => Promise<Costs> {
  const all = { ...pids, ...more };
  const before = cpuTimes(all);
  const metersBefore = readMeters(metricsPorts);
  metersBefore.catch(() => undefined); // told when the costs are asked for, if they are
  return async (events) => {
    const cpu = cpuPerEvent(before, cpuTimes(all), events);
    const [first, last] = [await metersBefore, await readMeters(metricsPorts)];
    if (first === undefined || last === undefined) return cpu;
    const eventsPerCall = perCall(first.hostCalls, last.hostCalls) ?? perCall(first.calls, last.calls);
    return { ...cpu, ...(eventsPerCall !== undefined && { eventsPerCall }), loopP99Ms: last.loopP99Ms };
  };
}

function perCall(first: Carried, last: Carried): number | undefined {
  const calls = last.calls - first.calls;
  return calls === 0 ? undefined : (last.events - first.events) / calls;
}
