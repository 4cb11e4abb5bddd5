import { NativeConnection, Worker } from '@temporalio/worker';
import { Pool } from 'pg';
import { setting } from '../setting';
import { createMoveActivities } from './activities';

/** A worker as the SDK's samples start one; it ends with SIGTERM by itself. */
async function main(): Promise<void> {
  const pool = new Pool({ connectionString: setting('DATABASE_URL') });
  const connection = await NativeConnection.connect({ address: setting('TEMPORAL_ADDRESS') });
  const worker = await Worker.create({
    connection,
    taskQueue: 'naive',
    workflowsPath: require.resolve('./workflows'),
    activities: createMoveActivities(pool),
  });
  console.log(JSON.stringify({ msg: 'started' }));
  await worker.run();
  await connection.close();
  await pool.end();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
