import { encode } from '@millrace/events';
import { createClosing } from '../../infra/processes/closing';
import type { Contender } from '../contender';
import { freshTopic } from '../fresh-topic';
import type { Program } from '../program';
import { recordedMoves } from '../recorded/recorded';
import type { Stage } from '../stage';

const paths = { worker: require.resolve('../worker-main'), bridge: require.resolve('./bridge-main') };
const workflows = { naive: 'naiveAppointment', 'naive-local': 'naiveAppointmentLocal' } as const;

let started = 0;

/** What people write first, or (local) second, on a topic of its own each time, so that what one run left over is nobody's. */
export async function startNaive(stage: Stage, name: keyof typeof workflows = 'naive'): Promise<Contender> {
  const { stack } = stage;
  started += 1;
  const topic = await freshTopic(stage, `naive.appointments.${started}`);
  const moves = await recordedMoves(stage);
  const closing = createClosing();
  const start = async (part: keyof typeof paths): Promise<Program> => {
    const program = await stage.start({
      name: `${name}-${part}-${started}`,
      path: paths[part],
      environment: { WORKER_QUEUE: 'naive', NAIVE_TOPIC: topic, NAIVE_WORKFLOW: workflows[name] },
    });
    closing.add(part, () => program.stop());
    return program;
  };
  try {
    const worker = await start('worker');
    const bridge = await start('bridge');
    return {
      name,
      pids: { ...stack.pids, worker: worker.pid, bridge: bridge.pid },
      toRecord: (event) => encode(event, { topic }),
      halt: () => bridge.signal('SIGSTOP'),
      goOn: () => bridge.signal('SIGCONT'),
      ...moves,
      stop: async () => {
        await bridge.stop();
        await terminateRunning(stage, workflows[name]);
        await closing.close();
      },
    };
  } catch (error) {
    await closing.close().catch(() => undefined);
    throw error;
  }
}

/** What was cut must not work on beside the next measurement. */
async function terminateRunning({ temporal }: Stage, workflowType: string): Promise<void> {
  const left: Promise<unknown>[] = [];
  for await (const { workflowId } of temporal.workflow.list({
    query: `WorkflowType = '${workflowType}' and ExecutionStatus = 'Running'`,
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
