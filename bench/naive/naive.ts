import { encode } from '@millrace/events';
import { createClosing } from '../../infra/processes/closing';
import type { Contender } from '../contender';
import type { Program } from '../program';
import { PARTITIONS, type Stage } from '../stage';
import { NAIVE_SCHEMA } from './activities';

const paths = { worker: require.resolve('./worker-main'), bridge: require.resolve('./bridge-main') };

let started = 0;

/** What people write first, on a topic of its own each time, so that what one run left over is nobody's. */
export async function startNaive(stage: Stage): Promise<Contender> {
  const { pool, stack, admin } = stage;
  started += 1;
  const topic = `naive.appointments.${started}`;
  await admin.createTopics([{ topic, partitions: PARTITIONS, replicationFactor: 1, config: {} }]);
  await pool.query(NAIVE_SCHEMA);
  const closing = createClosing();
  const start = async (name: keyof typeof paths): Promise<Program> => {
    const program = await stage.start({
      name: `naive-${name}-${started}`,
      path: paths[name],
      environment: { NAIVE_TOPIC: topic },
    });
    closing.add(name, () => program.stop());
    return program;
  };
  try {
    const worker = await start('worker');
    const bridge = await start('bridge');
    return {
      name: 'naive',
      pids: { ...stack.pids, worker: worker.pid, bridge: bridge.pid },
      toRecord: (event) => encode(event, { topic }),
      halt: () => bridge.signal('SIGSTOP'),
      goOn: () => bridge.signal('SIGCONT'),
      countStored: async (tenantId) => {
        const text = 'select count(*)::integer as count from naive.transitions where tenant_id = $1';
        const { rows } = await pool.query<{ count: number }>(text, [tenantId]);
        return rows[0]?.count ?? 0;
      },
      storedEvents: async (tenantId) => (await storedRows(stage, tenantId)).map(({ event_id }) => event_id),
      settle: async () => undefined,
      watch: async (tenantId) => ({
        seen: async () => new Map((await storedRows(stage, tenantId)).map(({ event_id, at }) => [event_id, at])),
        stop: async () => undefined,
      }),
      stop: async () => {
        await bridge.stop();
        await terminateRunning(stage);
        await closing.close();
      },
    };
  } catch (error) {
    await closing.close().catch(() => undefined);
    throw error;
  }
}

async function storedRows({ pool }: Stage, tenantId: string): Promise<readonly { event_id: string; at: number }[]> {
  const { rows } = await pool.query<{ event_id: string; at: number }>(
    `select event_id, extract(epoch from inserted_at)::double precision * 1000 as at
    from naive.transitions where tenant_id = $1`,
    [tenantId],
  );
  return rows;
}

/** What was cut must not work on beside the next measurement. */
async function terminateRunning({ temporal }: Stage): Promise<void> {
  const left: Promise<unknown>[] = [];
  for await (const { workflowId } of temporal.workflow.list({
    query: `WorkflowType = 'naiveAppointment' and ExecutionStatus = 'Running'`,
  })) {
    left.push(
      temporal.workflow
        .getHandle(workflowId)
        .terminate('the measurement is over')
        .catch(() => undefined),
    );
    if (left.length >= 32) await Promise.all(left.splice(0));
  }
  await Promise.all(left);
}
