import { NativeConnection, Worker } from '@temporalio/worker';
import { Pool } from 'pg';
import { createActivities } from '../../activities';
import { createStore } from '../../store';

/**
 * A worker that kills itself with SIGKILL right after the store has committed its DIE_AFTER_APPENDS-th append: before the activity,
 * or the workflow task that ran it locally, could be answered. 0 lives on.
 */
async function main(): Promise<void> {
  const {
    TEMPORAL_ADDRESS: address = '',
    DATABASE_URL: connectionString = '',
    DIE_AFTER_APPENDS: dieAfter = '0',
  } = process.env;
  const store = createStore({ pool: new Pool({ connectionString, max: 8 }) });
  let appends = 0;
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue: 'millrace',
    workflowsPath: require.resolve('../../workflows'),
    activities: createActivities({
      store: {
        ...store,
        append: async (request) => {
          const result = await store.append(request);
          appends += 1;
          if (appends === Number(dieAfter)) process.kill(process.pid, 'SIGKILL');
          return result;
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
