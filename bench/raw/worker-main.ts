import { NativeConnection, Worker } from '@temporalio/worker';
import { setting } from '../setting';

async function main(): Promise<void> {
  const connection = await NativeConnection.connect({ address: setting('TEMPORAL_ADDRESS') });
  const worker = await Worker.create({ connection, taskQueue: 'raw', workflowsPath: require.resolve('./workflows') });
  console.log(JSON.stringify({ msg: 'started' }));
  await worker.run();
  await connection.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
