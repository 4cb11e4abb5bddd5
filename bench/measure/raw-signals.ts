import type { WorkflowHandle } from '@temporalio/client';
import { cpuPerEvent, cpuTimes } from '../cpu';
import type { Sample } from '../report/rows';
import type { Stage } from '../stage';
import { appointmentLife, freshTenant } from '../workload';

const WORKFLOWS = 100;
const IN_FLIGHT = 64;

/** Signals per second that one bare client gets acknowledged, a worker taking them; void unless all of them arrived. */
export async function measureRawSignals(stage: Stage, seconds: number): Promise<Sample[]> {
  const tenant = freshTenant('raw');
  const path = require.resolve('../worker-main');
  const { temporal, stack } = stage;
  const worker = await stage.start({ name: tenant, path, environment: { WORKER_QUEUE: 'raw' } });
  try {
    const handles = await Promise.all(
      Array.from({ length: WORKFLOWS }, (_, at) =>
        temporal.workflow.start('signalSink', { workflowId: `${tenant}/${at}`, taskQueue: 'raw' }),
      ),
    );
    const pids = { ...stack.pids, worker: worker.pid, client: process.pid };
    const before = cpuTimes(pids);
    const began = performance.now();
    const sent = await signalFor(handles, seconds);
    const elapsedMs = performance.now() - began;
    const taken = await takenBy(handles);
    if (taken !== sent) throw new Error(`${sent} signals were acknowledged and ${taken} arrived`);
    return [{ id: 'raw-signals', value: (sent * 1_000) / elapsedMs, ...cpuPerEvent(before, cpuTimes(pids), sent) }];
  } finally {
    await worker.stop();
  }
}

async function signalFor(handles: readonly WorkflowHandle[], seconds: number): Promise<number> {
  const [event] = appointmentLife('raw', 'appointment', 2);
  const end = performance.now() + seconds * 1_000;
  let sent = 0;
  const lane = async (first: number) => {
    for (let at = first; performance.now() < end; at += IN_FLIGHT) {
      await handles[at % handles.length]?.signal('event', event);
      sent += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, at) => lane(at)));
  return sent;
}

async function takenBy(handles: readonly WorkflowHandle[]): Promise<number> {
  const counts = await Promise.all(
    handles.map(async (handle): Promise<number> => {
      await handle.signal('end');
      return handle.result();
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
