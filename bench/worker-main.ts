import { NativeConnection, Worker } from '@temporalio/worker';
import { Pool } from 'pg';
import { withoutPromiseStacks } from '../infra/processes/workflow-threads';
import { createBatchActivities } from './bare/activities';
import { createMoveActivities } from './naive/activities';
import { setting } from './setting';

/** Who needs a worker that is not the platform's, by its task queue. */
const workers = {
  raw: { workflowsPath: require.resolve('./raw/workflows'), activities: () => ({}) },
  naive: { workflowsPath: require.resolve('./naive/workflows'), activities: createMoveActivities },
  bare: { workflowsPath: require.resolve('./bare/workflows'), activities: createBatchActivities },
};

const isQueue = (name: string): name is keyof typeof workers => name in workers;

/** A worker as the SDK's samples start one; it ends with SIGTERM by itself. Only the bare one has the platform's threads. */
async function main(): Promise<void> {
  const taskQueue = setting('WORKER_QUEUE');
  if (!isQueue(taskQueue)) throw new RangeError(`${taskQueue} is none of ${Object.keys(workers).join(', ')}`);
  const { workflowsPath, activities } = workers[taskQueue];
  const pool = new Pool({ connectionString: setting('DATABASE_URL') });
  const connection = await NativeConnection.connect({ address: setting('TEMPORAL_ADDRESS') });
  const create = () => Worker.create({ connection, taskQueue, workflowsPath, activities: activities(pool) });
  const worker = await (taskQueue === 'bare' ? withoutPromiseStacks(create) : create());
  console.log(JSON.stringify({ msg: 'started' }));
  await worker.run();
  await connection.close();
  await pool.end();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
