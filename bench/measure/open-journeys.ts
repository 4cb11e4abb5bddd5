import type { Contender } from '../contender';
import type { Sample } from '../report/rows';
import { percentile } from '../report/statistics';
import type { Stage } from '../stage';
import { becomes, pause } from '../until';
import { appointmentsAt, beginnings, freshTenant } from '../workload';
import { residentMiB } from './memory';
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
const UNTIL_DUE_MS = 20_000;
const STRAGGLERS_MS = 30_000;

/** What many open journeys cost in memory, and how late the deadlines of some of them come while the others stay open. */
export async function measureOpenJourneys(
  stage: Stage,
  contender: Contender,
  workload: OpenJourneys,
): Promise<Sample[]> {
  const { journeys, duePerSecond, dueSeconds, reminderBeforeMs } = workload;
  const due = duePerSecond * dueSeconds;
  for (let opened = 0; opened < journeys - due; opened += SLICE) {
    const tenantId = freshTenant('open');
    const events = beginnings(tenantId, Math.min(SLICE, journeys - due - opened));
    await letThrough(stage, contender, { tenantId, events, limitMs: OPENING_MS });
  }
  const tenantId = freshTenant('due');
  const began = Date.now() + UNTIL_DUE_MS;
  const deadlines = Array.from({ length: due }, (_, at) => began + Math.floor((at * 1_000) / duePerSecond));
  const events = appointmentsAt(
    tenantId,
    deadlines.map((at) => at + reminderBeforeMs),
  );
  await letThrough(stage, contender, { tenantId, events, limitMs: UNTIL_DUE_MS });
  await pause(Math.max(0, began + dueSeconds * 1_000 - Date.now()));
  const reminded = async () => (await contender.countStored(tenantId)) >= 2 * due;
  await becomes(reminded, { limitMs: STRAGGLERS_MS, everyMs: 500 });
  const { rows } = await stage.pool.query<{ key: string; at: number }>(
    `select s.key, extract(epoch from pg_xact_commit_timestamp(e.transaction_id::xid))::double precision * 1000 as at
    from millrace.streams s join millrace.events e on e.subject = s.subject
    where s.tenant_id = $1 and e.to_stage = 'reminded'`,
    [tenantId],
  );
  const remindedAt = new Map(rows.map(({ key, at }) => [key, at]));
  const lateness = events.map(
    ({ aggregateId }, at) => (remindedAt.get(aggregateId) ?? Number.POSITIVE_INFINITY) - (deadlines[at] ?? 0),
  );
  const memory = (name: string): number => (contender.pids[name] === undefined ? 0 : residentMiB(contender.pids[name]));
  return [
    {
      id: 'open-journeys',
      value: memory('worker') + memory('temporal'),
      note: `open-journeys: worker ${memory('worker').toFixed(0)} MiB, temporal ${memory('temporal').toFixed(0)} MiB, postgres ${memory('postgres').toFixed(0)} MiB (shared memory counted per process)`,
    },
    { id: 'open-journeys.lateness', value: percentile(lateness, 0.99) },
  ];
}
