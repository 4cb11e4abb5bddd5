import { requireAgreement, type Sent } from '../check-stored';
import type { Contender } from '../contender';
import { costsFrom } from '../costs';
import type { Sample } from '../report/rows';
import { percentile } from '../report/statistics';
import type { Stage } from '../stage';
import { becomes, pause } from '../until';
import { appointmentsAt, beginnings, freshTenant } from '../workload';
import { type Memory, memoryOf, totalOf, watchMemory } from './memory';
import { letThrough } from './preloaded';

export interface OpenJourneys {
  readonly journeys: number;
  readonly duePerSecond: number;
  readonly dueSeconds: number;
  /** As the worker has it: an appointment's reminder is due so long before its start. */
  readonly reminderBeforeMs: number;
}

const OPENING_MS = 600_000;
const SLICE = 10_000;
/** What a journey may take to be opened: the first deadline comes after so long for each. */
const PER_JOURNEY_MS = 1;
const CALM_MS = 10_000;
const STRAGGLERS_MS = 30_000;
const LOOK_MS = 2_000;
const OURS = ['worker', 'temporal'];

/**
 * What many open journeys cost in memory, and how late the deadlines of some of them come. Those open first: most hosts
 * have put them away for others when they fall due.
 */
export async function measureOpenJourneys(
  stage: Stage,
  contender: Contender,
  workload: OpenJourneys,
): Promise<Sample[]> {
  const { journeys, duePerSecond, dueSeconds, reminderBeforeMs } = workload;
  const due = duePerSecond * dueSeconds;
  const tenantId = freshTenant('due');
  const began = Date.now() + journeys * PER_JOURNEY_MS + CALM_MS;
  const deadlines = Array.from({ length: due }, (_, at) => began + Math.floor((at * 1_000) / duePerSecond));
  const starts = deadlines.map((at) => at + reminderBeforeMs);
  const events = appointmentsAt(tenantId, starts);
  await letThrough(stage, contender, { tenantId, events, limitMs: OPENING_MS });
  const empty = memoryOf(contender.pids);
  const opened = await openMore(stage, contender, journeys - due);
  if (Date.now() > began) throw new Error(`${journeys} journeys were not open before the first deadline`);
  const stopLooking = watchMemory(contender.pids, LOOK_MS);
  await pause(began - Date.now());
  const costs = costsFrom(contender);
  await pause(dueSeconds * 1_000);
  const reminded = async () => (await contender.countStored(tenantId)) >= 2 * due;
  await becomes(reminded, { limitMs: STRAGGLERS_MS, everyMs: 100 });
  const spent = await costs(due);
  const seen = stopLooking();
  for (const [tenant, sent] of [...opened, [tenantId, events] as const]) await requireAll(contender, tenant, sent);
  return [memoryRow(empty, seen), { ...latenessRow(await remindedAt(stage, tenantId), deadlines), ...spent }];
}

/** Answers what was sent, by tenant. */
async function openMore(
  stage: Stage,
  contender: Contender,
  journeys: number,
): Promise<ReadonlyMap<string, readonly Sent[]>> {
  const sent = new Map<string, readonly Sent[]>();
  for (let opened = 0; opened < journeys; opened += SLICE) {
    const tenantId = freshTenant('open');
    const events = beginnings(tenantId, Math.min(SLICE, journeys - opened));
    await letThrough(stage, contender, { tenantId, events, limitMs: OPENING_MS });
    const named = events.map(({ eventId, aggregateId }) => ({ eventId, aggregateId }));
    sent.set(tenantId, named);
    stage.onProgress(`  ${opened + events.length} of ${journeys} journeys opened`);
  }
  return sent;
}

async function requireAll(contender: Contender, tenantId: string, sent: readonly Sent[]): Promise<void> {
  const stored = await requireAgreement(contender, tenantId, sent);
  if (stored < sent.length) throw new Error(`${stored} of ${sent.length} starts of ${tenantId} are stored`);
}

/** By key, when the store had committed it: milliseconds since the epoch. */
async function remindedAt({ pool }: Stage, tenantId: string): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ key: string; at: number }>(
    `select s.key, extract(epoch from pg_xact_commit_timestamp(e.transaction_id::xid))::double precision * 1000 as at
    from millrace.streams s join millrace.events e on e.subject = s.subject
    where s.tenant_id = $1 and e.to_stage = 'reminded'`,
    [tenantId],
  );
  return new Map(rows.map(({ key, at }) => [key, at]));
}

/** The most that was seen from when all were open to the last deadline. */
function memoryRow(empty: Memory, seen: readonly Memory[]): Sample {
  const most = seen.reduce((one, other) => (totalOf(other, OURS) > totalOf(one, OURS) ? other : one));
  const each = Object.entries(most).map(
    ([name, mib]) => `${name} ${mib.toFixed(0)} (before ${empty[name]?.toFixed(0)})`,
  );
  return { id: 'open-journeys', value: totalOf(most, OURS), note: `MiB: ${each.join(', ')}` };
}

function latenessRow(reached: ReadonlyMap<string, number>, deadlines: readonly number[]): Sample {
  const late = deadlines.map((at, key) => (reached.get(`appointment-${key}`) ?? Number.POSITIVE_INFINITY) - at);
  const [p50, p99, worst] = [0.5, 0.99, 1].map((share) => percentile(late, share));
  const [missing, early] = [deadlines.length - reached.size, late.filter((ms) => ms < 0).length];
  if (missing + early > 0) throw new Error(`${missing} deadlines never came, ${early} too early`);
  const note = `${deadlines.length} deadlines; p50 ${p50?.toFixed(0)}, p99 ${p99?.toFixed(0)}, worst ${worst?.toFixed(0)} ms`;
  return { id: 'open-journeys.lateness', value: p99 ?? Number.NaN, note };
}
