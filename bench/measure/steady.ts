import { requireAgreement, type Sent } from '../check-stored';
import type { Contender } from '../contender';
import { costsFrom } from '../costs';
import { now } from '../now';
import type { Sample } from '../report/rows';
import { percentile } from '../report/statistics';
import type { Stage } from '../stage';
import { becomes, pause } from '../until';
import { beginnings, freshTenant, moves } from '../workload';
import { type Memory, meanMemory, totalOf, watchMemory } from './memory';
import { letThrough } from './preloaded';

export interface SteadyWorkload {
  readonly journeys: number;
  readonly perSecond: number;
  readonly seconds: number;
}

/** An event that was sent, and when it was due: milliseconds since the epoch. */
type Due = Sent & { readonly at: number };

const OPENING_MS = 300_000;
const STRAGGLERS_MS = 60_000;
const TICK_MS = 10;
const LOOKS = 100;
/** Whose memory is to stay what it is; that of PostgreSQL is told beside it. */
const OURS = ['worker', 'bridge', 'relay', 'temporal'];

/** Days of a clinic in minutes: events for open journeys in turn, open loop; the time until each is stored, and memory. */
export async function measureSteady(stage: Stage, contender: Contender, workload: SteadyWorkload): Promise<Sample[]> {
  const { journeys, perSecond, seconds } = workload;
  const tenantId = freshTenant('steady');
  const opening = beginnings(tenantId, journeys);
  await letThrough(stage, contender, { tenantId, events: opening, limitMs: OPENING_MS });
  const total = perSecond * seconds;
  const costs = costsFrom(contender, { bench: process.pid });
  const stopLooking = watchMemory(contender.pids, (seconds * 1_000) / LOOKS);
  const due = await produce(stage, contender, tenantId, workload);
  const spent = await costs(total);
  const memory = stopLooking();
  const isStored = async () => (await contender.countStored(tenantId)) >= journeys + total;
  await becomes(isStored, { limitMs: STRAGGLERS_MS, everyMs: 500 });
  const sent = [...opening, ...due];
  const missing = sent.length - (await requireAgreement(contender, tenantId, sent));
  return [{ ...lag(due, await contender.storedAt?.(tenantId), missing), ...spent }, flatness(memory)];
}

/** Sends each event when it is due, whatever became of those before. Rejects if Kafka refuses one. */
async function produce(
  { publisher }: Stage,
  contender: Contender,
  tenantId: string,
  { journeys, perSecond, seconds }: SteadyWorkload,
): Promise<readonly Due[]> {
  const total = perSecond * seconds;
  const stream = moves(tenantId, journeys);
  const began = now();
  const sent: Due[] = [];
  const ticks: Promise<unknown>[] = [];
  while (sent.length < total) {
    const reached = Math.min(total, Math.floor(((now() - began) * perSecond) / 1_000));
    const sending: Promise<unknown>[] = [];
    while (sent.length < reached) {
      const { value: event } = stream.next();
      const { eventId, aggregateId } = event;
      sent.push({ eventId, aggregateId, at: began + (sent.length * 1_000) / perSecond });
      sending.push(publisher.publishRecord(contender.toRecord(event)));
    }
    const tick = Promise.all(sending);
    tick.catch(() => undefined); // rejects below
    ticks.push(tick);
    await pause(TICK_MS);
  }
  await Promise.all(ticks);
  return sent;
}

/** One event that is missing is one too many: then it never arrived, whatever the others did. */
function lag(due: readonly Due[], storedAt: ReadonlyMap<string, number> | undefined, missing: number): Sample {
  const lags = due.map(({ eventId, at }) => (storedAt?.get(eventId) ?? Number.POSITIVE_INFINITY) - at);
  const [p50, p99, worst] = [0.5, 0.99, 1].map((share) => percentile(lags, share));
  const note = `${due.length} events, ${missing} missing; p50 ${p50?.toFixed(0)}, p99 ${p99?.toFixed(0)}, worst ${worst?.toFixed(0)} ms`;
  return { id: 'steady', value: missing === 0 ? (p99 ?? Number.NaN) : Number.POSITIVE_INFINITY, note };
}

/** The last quarter over the second, in which caches have filled. */
function flatness(seen: readonly Memory[]): Sample {
  const quarter = Math.floor(seen.length / 4);
  const [then, at] = [meanMemory(seen.slice(quarter, 2 * quarter)), meanMemory(seen.slice(-quarter))];
  const each = Object.keys(at).map((name) => `${name} ${then[name]?.toFixed(0)} to ${at[name]?.toFixed(0)}`);
  return { id: 'steady.memory', value: totalOf(at, OURS) / totalOf(then, OURS), note: `MiB: ${each.join(', ')}` };
}
