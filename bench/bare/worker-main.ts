import { NativeConnection, Worker } from '@temporalio/worker';
import { Pool } from 'pg';
import { withoutPromiseStacks } from '../../infra/processes/workflow-threads';
import { setting } from '../setting';
import { createBatchActivities } from './activities';

async function main(): Promise<void> {
  const pool = new Pool({ connectionString: setting('DATABASE_URL') });
  const connection = await NativeConnection.connect({ address: setting('TEMPORAL_ADDRESS') });
  const worker = await withoutPromiseStacks(() =>
    Worker.create({
      connection,
      taskQueue: 'bare',
      workflowsPath: require.resolve('./workflows'),
      activities: createBatchActivities(pool),
    }),
  );
  console.log(JSON.stringify({ msg: 'started' }));
  await worker.run();
  await connection.close();
  await pool.end();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
