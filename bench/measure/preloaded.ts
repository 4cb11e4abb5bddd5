import type { Contender } from '../contender';
import { cpuPerEvent, cpuTimes } from '../cpu';
import type { Sample } from '../report/rows';
import type { Stage } from '../stage';
import { becomes, pause, until } from '../until';
import { freshTenant, interleaved } from '../workload';

export interface Preloaded {
  readonly id: string;
  readonly keys: number;
  readonly perKey: number;
  /** Then it is cut and rated on what it finished. */
  readonly limitMs: number;
  readonly pollMs: number;
}

/** What comes after the last transition, closing a workflow for one, is part of the CPU time. */
const AFTERMATH_MS = 1_000;

/** Events per second from Kafka into PostgreSQL, all of them in Kafka before the first is read. */
export async function measurePreloaded(stage: Stage, contender: Contender, workload: Preloaded): Promise<Sample[]> {
  const { id, keys, perKey, limitMs, pollMs } = workload;
  const tenantId = freshTenant(id);
  const events = interleaved(tenantId, keys, perKey);
  const records = events.map((event) => contender.toRecord(event));
  contender.halt();
  try {
    await stage.send(records);
  } finally {
    contender.goOn();
  }
  const before = cpuTimes(contender.pids);
  const began = performance.now();
  const isStored = async () => (await contender.countStored(tenantId)) >= events.length;
  const finished = await becomes(isStored, { limitMs, everyMs: pollMs });
  const elapsedMs = performance.now() - began;
  const stored = countOnce(await contender.storedEvents(tenantId), new Set(events.map(({ eventId }) => eventId)));
  if (finished && stored < events.length) throw new Error(`${id}: ${stored} of ${events.length} events are stored`);
  await pause(AFTERMATH_MS);
  if (finished) await contender.settle(tenantId, events.length);
  return [
    {
      id: `${id}.${contender.name}`,
      value: (stored * 1_000) / elapsedMs,
      ...cpuPerEvent(before, cpuTimes(contender.pids), stored),
      ...(finished ? {} : { note: `cut after ${limitMs / 1_000} s with ${stored} of ${events.length}` }),
    },
  ];
}

/** How many of the events sent are there. Rejects what is there twice or was never sent: then the figure means nothing. */
function countOnce(found: readonly string[], sent: ReadonlySet<string>): number {
  const once = new Set(found);
  if (once.size < found.length) throw new Error(`${found.length - once.size} events took effect twice`);
  const strangers = found.filter((eventId) => !sent.has(eventId));
  if (strangers.length > 0) throw new Error(`${strangers.length} events are stored that were not sent`);
  return once.size;
}

/** A little of everything, so that code is compiled and connections are open before something is measured. */
export async function warmUp(stage: Stage, contender: Contender): Promise<void> {
  const tenantId = freshTenant('warm-up');
  const events = interleaved(tenantId, 100, 10);
  await stage.send(events.map((event) => contender.toRecord(event)));
  await until(async () => (await contender.countStored(tenantId)) >= events.length, {
    what: `${contender.name} to take ${events.length} events for a warm-up`,
    limitMs: 90_000,
    everyMs: 100,
  });
  await pause(AFTERMATH_MS);
}
