import type { Contender } from '../contender';
import { cpuPerEvent, cpuTimes } from '../cpu';
import { now } from '../now';
import type { Sample } from '../report/rows';
import { percentile } from '../report/statistics';
import type { Stage } from '../stage';
import { becomes, pause } from '../until';
import { beginnings, freshTenant, moves } from '../workload';
import { residentMiB } from './memory';
import { letThrough } from './preloaded';

export interface SteadyWorkload {
  readonly journeys: number;
  readonly perSecond: number;
  readonly seconds: number;
}

const OPENING_MS = 300_000;
const STRAGGLERS_MS = 60_000;
/** Of the run, before memory is looked at first: caches fill. */
const SETTLED_SHARE = 0.25;
const TICK_MS = 10;
const PROCESSES = ['worker', 'bridge', 'relay', 'temporal'];

/** Days of a clinic in minutes: events for open journeys in turn, open loop; the time until each is stored, and memory. */
export async function measureSteady(stage: Stage, contender: Contender, workload: SteadyWorkload): Promise<Sample[]> {
  const { journeys, perSecond, seconds } = workload;
  const tenantId = freshTenant('steady');
  const opening = beginnings(tenantId, journeys);
  await letThrough(stage, contender, { tenantId, events: opening, limitMs: OPENING_MS });
  const total = perSecond * seconds;
  const dueAt = new Map<string, number>();
  const stream = moves(tenantId, journeys);
  const began = now();
  const before = cpuTimes(contender.pids);
  let settled: number | undefined;
  while (dueAt.size < total) {
    const due = Math.min(total, Math.floor(((now() - began) * perSecond) / 1_000));
    const sending: Promise<unknown>[] = [];
    while (dueAt.size < due) {
      const { value: event } = stream.next();
      dueAt.set(event.eventId, began + (dueAt.size * 1_000) / perSecond);
      sending.push(stage.publisher.publishRecord(contender.toRecord(event)));
    }
    await Promise.all(sending);
    if (dueAt.size >= total * SETTLED_SHARE) settled ??= memoryOf(contender);
    await pause(TICK_MS);
  }
  const after = cpuTimes(contender.pids);
  const isStored = async () => (await contender.countStored(tenantId)) >= journeys + total;
  await becomes(isStored, { limitMs: STRAGGLERS_MS, everyMs: 500 });
  const memory = memoryOf(contender);
  const storedAt = (await contender.storedAt?.(tenantId)) ?? new Map<string, number>();
  const lags = [...dueAt].map(([eventId, at]) => (storedAt.get(eventId) ?? Number.POSITIVE_INFINITY) - at);
  const missing = lags.filter((lag) => lag === Number.POSITIVE_INFINITY).length;
  return [
    {
      id: 'steady',
      value: percentile(lags, 0.99),
      ...cpuPerEvent(before, after, total),
      note: `steady: ${total} events, ${missing} missing, p50 ${percentile(lags, 0.5).toFixed(0)} ms`,
    },
    { id: 'steady.memory', value: memory / (settled ?? memory), note: `steady: ${memory.toFixed(0)} MiB at the end` },
  ];
}

const memoryOf = ({ pids }: Contender): number =>
  PROCESSES.reduce((sum, name) => sum + (pids[name] === undefined ? 0 : residentMiB(pids[name])), 0);
