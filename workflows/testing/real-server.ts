import { randomUUID } from 'node:crypto';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Recording, WireEvent } from '../kit/wire';
import { MemoryNotifications } from './memory-notifications';
import { MemoryServices } from './memory-services';
import { MemoryStore } from './memory-store';
import { startSubject, type TestSubject } from './subject-client';
import { activitiesOf, logger } from './time-skipping';

/**
 * A workflow that could not close or continue because an event had come refuses others for some milliseconds
 * (RESOURCE_EXHAUSTED); the client's own pause of 1.7 s is made for overloaded servers.
 */
const retrySoon = makeGrpcRetryInterceptor(
  defaultGrpcRetryOptions({ maxAttempts: 20, factor: 1.4, initialIntervalMs: () => 10 }),
);

/** Workflow code on a real Temporal server, the rest in memory. */
export interface RealServer {
  readonly client: Client;
  readonly taskQueue: string;
  readonly store: MemoryStore;
  /** Keys under which the counter's effect was performed. */
  readonly rings: string[];
  start(target: string, key: string, events: WireEvent[], recording?: Recording): Promise<TestSubject>;
  stop(): Promise<void>;
}

/** @throws without `TEMPORAL_ADDRESS`, host and port */
export async function startOnRealServer(): Promise<RealServer> {
  const address = process.env['TEMPORAL_ADDRESS'];
  if (!address) throw new Error('TEMPORAL_ADDRESS is not set: run these tests through `npm test`');
  Runtime.install({ logger });
  const namespace = process.env['TEMPORAL_NAMESPACE'] ?? 'default';
  const [connection, nativeConnection] = await Promise.all([
    Connection.connect({ address, interceptors: [retrySoon] }),
    NativeConnection.connect({ address }),
  ]);
  const client = new Client({ connection, namespace });
  const [store, rings] = [new MemoryStore(), [] as string[]];
  const taskQueue = `millrace-${randomUUID()}`;
  const worker = await Worker.create({
    connection: nativeConnection,
    namespace,
    taskQueue,
    workflowBundle: await bundleWorkflowCode({ workflowsPath: require.resolve('./workflows'), logger }),
    activities: {
      ...activitiesOf(store, new MemoryServices(), new MemoryNotifications()),
      ring: async (key: string) => {
        rings.push(key);
      },
      slow: async (value: number) => {
        await new Promise((resolve) => setTimeout(resolve, 6));
        return value;
      },
    },
  });
  const running = worker.run();
  return {
    client,
    taskQueue,
    store,
    rings,
    start: (target, key, events, recording) =>
      startSubject(client, { target, key, taskQueue, ...(recording && { recording }) }, events),
    stop: async () => {
      worker.shutdown();
      await running;
      await Promise.all([nativeConnection.close(), connection.close()]);
    },
  };
}
