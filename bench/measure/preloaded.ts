import type { Envelope } from '@millrace/events';
import { requireAgreement } from '../check-stored';
import type { Contender } from '../contender';
import { costsFrom } from '../costs';
import type { Sample } from '../report/rows';
import type { Stage } from '../stage';
import { becomes, pause, until } from '../until';
import { freshTenant, interleaved } from '../workload';

export interface Preloaded {
  readonly id: string;
  /** What is there and settled before: open workflows, for one. */
  readonly opening?: (tenantId: string) => readonly Envelope[];
  readonly events: (tenantId: string) => readonly Envelope[];
  /** Then it is cut and rated on what it finished. */
  readonly limitMs: number;
  readonly pollMs: number;
}

/** What comes after the last transition, closing a workflow for one, is part of the CPU time. */
const AFTERMATH_MS = 1_000;
const SETTLING_MS = 120_000;

/** Events per second from Kafka into PostgreSQL, all of them in Kafka before the first is read. */
export async function measurePreloaded(stage: Stage, contender: Contender, workload: Preloaded): Promise<Sample[]> {
  const { id, limitMs, pollMs } = workload;
  const tenantId = freshTenant(id);
  const opening = workload.opening?.(tenantId) ?? [];
  await letThrough(stage, contender, { tenantId, events: opening, limitMs: SETTLING_MS });
  const events = workload.events(tenantId);
  const records = events.map((event) => contender.toRecord(event));
  contender.halt();
  try {
    await stage.send(records);
  } finally {
    contender.goOn();
  }
  const began = performance.now();
  const costs = costsFrom(contender);
  const isStored = async () => (await contender.countStored(tenantId)) >= opening.length + events.length;
  const finished = await becomes(isStored, { limitMs, everyMs: pollMs });
  const elapsedMs = performance.now() - began;
  const stored = (await requireAgreement(contender, tenantId, [...opening, ...events])) - opening.length;
  if (finished && stored < events.length) throw new Error(`${id}: ${stored} of ${events.length} events are stored`);
  await pause(AFTERMATH_MS);
  return [
    {
      id,
      value: (stored * 1_000) / elapsedMs,
      ...(await costs(stored)),
      ...(finished ? {} : { note: `cut after ${limitMs / 1_000} s with ${stored} of ${events.length}` }),
    },
  ];
}

/** A little of everything, so that code is compiled and connections are open before something is measured. */
export async function warmUp(stage: Stage, contender: Contender): Promise<void> {
  const tenantId = freshTenant('warm-up');
  await letThrough(stage, contender, {
    tenantId,
    events: interleaved(tenantId, contender.warmUpKeys ?? 100, 10),
    limitMs: 90_000,
  });
}

/** Sends events and waits until all of them are stored and what follows has calmed down. */
export async function letThrough(
  stage: Stage,
  contender: Contender,
  { tenantId, events, limitMs }: { tenantId: string; events: readonly Envelope[]; limitMs: number },
): Promise<void> {
  if (events.length === 0) return;
  await stage.send(events.map((event) => contender.toRecord(event)));
  await until(async () => (await contender.countStored(tenantId)) >= events.length, {
    what: `${contender.name} to take ${events.length} events beforehand`,
    limitMs,
    everyMs: 100,
  });
  await pause(AFTERMATH_MS);
}
