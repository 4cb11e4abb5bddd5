import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Envelope, encode } from '@millrace/events';
import { temporalCalls } from '../../bridges/inbound/temporal-calls';
import { BARE_SCHEMA } from '../bare/activities';
import { type BareCall, type BareReport, type BareRuns, bareTarget } from '../bare/calls';
import { untilCalm } from '../calm';
import { costsFrom } from '../costs';
import { now } from '../now';
import type { Costs, Sample } from '../report/rows';
import type { Stage } from '../stage';
import { until } from '../until';
import { freshTenant, interleaved } from '../workload';

const IN_FLIGHT = 64;
const LIMIT_MS = 60_000;
const WARM_UP_CALLS = 600;

/** The events of the rows that compare the bridge, and the whole path, with a bare client. */
export const bareWorkload = (tenantId: string): Envelope[] => interleaved(tenantId, 600, 50);

interface Rated extends Costs {
  /** Events per second. */
  readonly value: number;
}

/**
 * Events per second that the bridge alone gets acknowledged from a full topic, and that a bare client does with the same
 * calls to the same server: to workflows that only take, then to workflows that record each batch by a local activity.
 * CPU time counts until the workflows have taken everything: more of that comes after a faster client has ended, and none
 * of it may fall into what is measured next.
 */
export async function measureBare(stage: Stage): Promise<Sample[]> {
  await stage.pool.query(BARE_SCHEMA);
  const worker = await stage.start({
    name: freshTenant('bare-worker'),
    path: require.resolve('../worker-main'),
    environment: { WORKER_QUEUE: 'bare' },
  });
  try {
    const { calls, ...bridge } = await bridgeAlone(stage, worker.pid, 'off');
    const { calls: _, ...ledger } = await bridgeAlone(stage, worker.pid, 'on');
    await replay(stage, worker.pid, calls.slice(0, WARM_UP_CALLS), 'bareSink');
    const client = await replay(stage, worker.pid, calls, 'bareSink');
    const recorded = await replay(stage, worker.pid, calls, 'bareRecorder');
    return [
      { id: 'bare.bridge', ...bridge },
      { id: 'bare.ledger', ...ledger },
      { id: 'bare.client', ...client },
      { id: 'bare.recorded', ...recorded },
    ];
  } finally {
    await worker.stop();
  }
}

/** A bridge of its own, warmed up like everything that is measured. */
async function bridgeAlone(
  stage: Stage,
  worker: number,
  ledger: 'on' | 'off',
): Promise<Rated & { readonly calls: readonly BareCall[] }> {
  const warmUp = freshTenant('bare-warm-up');
  const tenantId = freshTenant('bare');
  const work = { [warmUp]: interleaved(warmUp, 100, 100), [tenantId]: bareWorkload(tenantId) };
  const runs: BareRuns = Object.fromEntries(Object.entries(work).map(([tenant, { length }]) => [tenant, length]));
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bare-'));
  const environment = { BARE_RUNS: JSON.stringify(runs), BARE_REPORTS: folder, BARE_LEDGER: ledger };
  const bridge = await stage.start({ name: tenantId, path: require.resolve('../bare/bridge-main'), environment });
  const deliver = async (tenant: string) => {
    const records = (work[tenant] ?? []).map((event) => encode(event));
    const report = join(folder, tenant);
    bridge.signal('SIGSTOP');
    await stage.send(records);
    const began = now();
    bridge.signal('SIGCONT');
    const costs = costsFrom({ pids: { ...stage.stack.pids, worker, bridge: bridge.pid } });
    await until(() => existsSync(report), { what: 'the bridge to deliver', limitMs: LIMIT_MS, everyMs: 20 });
    await untilCalm(worker);
    const used = await costs(records.length);
    const { at, calls, loopP99Ms }: BareReport = JSON.parse(readFileSync(report, 'utf8'));
    const eventsPerCall = records.length / calls.length;
    const value = (records.length * 1_000) / (at - began);
    return { value, ...used, eventsPerCall, loopP99Ms: { bridge: loopP99Ms }, calls };
  };
  try {
    await deliver(warmUp);
    return await deliver(tenantId);
  } finally {
    await bridge.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Sends the same calls, those of a subject one after the other; until acknowledged, or until recorded. */
async function replay(
  stage: Stage,
  worker: number,
  calls: readonly BareCall[],
  target: 'bareSink' | 'bareRecorder',
): Promise<Rated> {
  const tenantId = freshTenant(target);
  const client = temporalCalls(stage.temporal);
  const queues = new Map<string, BareCall[]>();
  for (const { ref, ...call } of calls) {
    const subject = `${target}/${tenantId}/${ref.key}`;
    const queue = queues.get(subject) ?? [];
    queue.push({ ...call, ref: { ...ref, subject, target, tenantId } });
    queues.set(subject, queue);
  }
  const waiting = [...queues.values()];
  const costs = costsFrom({ pids: { ...stage.stack.pids, worker, client: process.pid } });
  const began = performance.now();
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (let queue = waiting.shift(); queue !== undefined; queue = waiting.shift()) {
        const call = queue.shift();
        if (call === undefined) continue;
        if (call.starts) await client.signalWithStart(call.ref, bareTarget(target), call.events);
        else await client.signal(call.ref, call.events);
        waiting.push(queue); // its next call goes behind those of the others, as in the bridge
      }
    }),
  );
  const events = calls.reduce((sum, call) => sum + call.events.length, 0);
  if (target === 'bareRecorder')
    await until(() => areRecorded(stage, tenantId, events), { what: 'the moves', limitMs: LIMIT_MS, everyMs: 20 });
  const value = (events * 1_000) / (performance.now() - began);
  await untilCalm(worker);
  return { value, ...(await costs(events)), eventsPerCall: events / calls.length };
}

async function areRecorded({ pool }: Stage, tenantId: string, events: number): Promise<boolean> {
  const text = 'select count(*)::integer as count from bare.moves where tenant_id = $1';
  const { rows } = await pool.query<{ count: number }>(text, [tenantId]);
  return rows[0]?.count === events;
}
