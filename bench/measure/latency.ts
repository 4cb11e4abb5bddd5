import { requireAgreement } from '../check-stored';
import type { Contender } from '../contender';
import { costsFrom } from '../costs';
import { now } from '../now';
import type { Costs, Sample } from '../report/rows';
import { percentile } from '../report/statistics';
import type { Stage } from '../stage';
import { becomes, pause } from '../until';
import { type Due, freshTenant, type Stream, steadyStream } from '../workload';

export interface LatencyWorkload {
  /** Of the rows for the time until others can read the outcome. */
  readonly id: string;
  /** Of the rows for the time until it is committed to the store. */
  readonly storeId: string;
  readonly perSecond: number;
  readonly seconds: number;
  /** After the last event is due; what has not arrived by then counts as never. */
  readonly stragglersMs: number;
}

/**
 * Milliseconds from when an event is due to be produced until its outcome can be read by others. Open loop: an event is
 * sent when it is due, whatever became of those before, and a late sender counts as latency.
 */
export async function measureLatency(stage: Stage, contender: Contender, workload: LatencyWorkload): Promise<Sample[]> {
  const tenantId = freshTenant('latency');
  const stream = steadyStream(tenantId, workload.perSecond, workload.seconds);
  const measured = stream.due.filter(({ atMs }) => atMs >= stream.rampMs);
  const arrivals = await contender.watch(tenantId);
  try {
    const began = now() + 100;
    const costs = await produce(stage, contender, stream, began);
    const haveArrived = async () => {
      const seen = await arrivals.seen();
      return measured.every(({ event }) => seen.has(event.eventId));
    };
    await becomes(haveArrived, { limitMs: workload.stragglersMs, everyMs: 250 });
    const seen = await arrivals.seen();
    const storedAt = await contender.storedAt?.(tenantId);
    await requireAgreement(
      contender,
      tenantId,
      stream.due.map(({ event }) => event),
    );
    const after = (id: string, at: ReadonlyMap<string, number>): Sample[] => {
      const latencies = measured.map(
        ({ atMs, event }) => (at.get(event.eventId) ?? Number.POSITIVE_INFINITY) - (began + atMs),
      );
      const missing = latencies.filter((latency) => latency === Number.POSITIVE_INFINITY).length;
      const late = `${missing} of ${measured.length} events had not arrived ${workload.stragglersMs / 1_000} s after the last`;
      return [
        { id, value: percentile(latencies, 0.5), ...costs },
        { id: `${id}.p99`, value: percentile(latencies, 0.99), ...(missing > 0 && { note: late }) },
      ];
    };
    return [...after(workload.id, seen), ...(storedAt === undefined ? [] : after(workload.storeId, storedAt))];
  } finally {
    await arrivals.stop();
  }
}

/** Sends the stream; answers what it took from the end of the ramp to the end. */
async function produce(
  stage: Stage,
  contender: Contender,
  { due, rampMs, endMs }: Stream,
  began: number,
): Promise<Costs> {
  const records = due.map(({ atMs, event }) => ({ atMs, record: contender.toRecord(event) }));
  const ramp = records.filter(({ atMs }) => atMs < rampMs);
  await sendWhenDue(stage, ramp, began);
  await pause(began + rampMs - now());
  const costs = costsFrom(contender, { bench: process.pid });
  await sendWhenDue(stage, records.slice(ramp.length), began);
  await pause(began + endMs - now());
  return costs(records.length - ramp.length);
}

async function sendWhenDue(
  { publisher }: Stage,
  records: readonly { readonly atMs: Due['atMs']; readonly record: Parameters<typeof publisher.publishRecord>[0] }[],
  began: number,
): Promise<void> {
  const sending: Promise<unknown>[] = [];
  for (const { atMs, record } of records) {
    const early = began + atMs - now();
    if (early > 0) await pause(early);
    sending.push(publisher.publishRecord(record));
  }
  await Promise.all(sending);
}
