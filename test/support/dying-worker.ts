import { NativeConnection, Worker } from '@temporalio/worker';
import { Pool } from 'pg';
import { createActivities } from '../../activities';
import { createStore } from '../../store';
import type { AppendRequest } from '../../store/types';

const NEVER = Number.POSITIVE_INFINITY;

/**
 * A worker that kills itself with SIGKILL right after the store has committed an append: before the activity, or the
 * workflow task that ran it locally, could be answered. DIE_AFTER_APPENDS counts all of them, DIE_AFTER_DEADLINES those
 * that moved a journey without an event; 0 lives on.
 */
async function main(): Promise<void> {
  const {
    TEMPORAL_ADDRESS: address = '',
    DATABASE_URL: connectionString = '',
    WORKFLOW_BUNDLE: codePath = '',
    TASK_QUEUE: taskQueue = '',
    DIE_AFTER_APPENDS: dieAfterAppends = '0',
    DIE_AFTER_DEADLINES: dieAfterDeadlines = '0',
  } = process.env;
  const store = createStore({ pool: new Pool({ connectionString, max: 8 }) });
  const left = { appends: Number(dieAfterAppends) || NEVER, deadlines: Number(dieAfterDeadlines) || NEVER };
  const count = (requests: readonly AppendRequest[]): void => {
    if (requests.length === 0) return;
    left.appends -= 1;
    if (requests.some(({ consumed }) => consumed.length === 0)) left.deadlines -= 1;
    if (left.appends === 0 || left.deadlines === 0) process.kill(process.pid, 'SIGKILL');
  };
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue,
    workflowBundle: { codePath },
    activities: createActivities({
      store: {
        ...store,
        append: async (request) => {
          const result = await store.append(request);
          count([request]);
          return result;
        },
        appendMany: async (requests) => {
          const results = await store.appendMany(requests);
          count(requests);
          return results;
        },
      },
      orders: {
        inventoryUrl: 'http://127.0.0.1:9',
        paymentsUrl: 'http://127.0.0.1:9',
        shippingUrl: 'http://127.0.0.1:9',
        policy: { paymentDeadlineMs: 1_000 },
      },
      appointments: {
        policy: { reminderBeforeMs: 500, missedAfterMs: 3_600_000, followUpAfterMs: 1_000 },
        publish: async () => undefined,
      },
    }),
  });
  await worker.run();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
