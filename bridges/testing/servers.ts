import { randomUUID } from 'node:crypto';
import { registry } from '@millrace/events';
import {
  createKafkajsDriver,
  deadLetterTopic,
  type IncomingRecord,
  type KafkaDriver,
  type OutgoingRecord,
} from '@millrace/kafka';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createStore } from '../../store';
import type { Store } from '../../store/store';
import { type FreshDatabase, freshDatabase } from '../../store/testing';
import { orderSagaContract } from '../../workflows/orders/order-saga.contract';
import { MemoryNotifications } from '../../workflows/testing/memory-notifications';
import { MemoryServices } from '../../workflows/testing/memory-services';
import { activitiesOf } from '../../workflows/testing/time-skipping';
import { type BridgeOptions, createBridge } from '../inbound/bridge';
import { createCallCounter } from '../inbound/call-counter';
import { temporalCalls } from '../inbound/temporal-calls';
import { routesTo } from './test-routes';

const address = (variable: string): string => {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: run these tests through \`npm test\``);
  return value;
};

/** Real servers, with names of its own in each of them, so that tests run side by side and twice in a row. */
export interface Servers {
  readonly id: string;
  readonly tenantId: string;
  readonly driver: KafkaDriver;
  readonly client: Client;
  readonly store: Store;
  readonly database: FreshDatabase;
  readonly topics: { readonly orders: string; readonly payments: string; readonly transitions: string };
  /** The order saga under names of this test. */
  readonly contract: typeof orderSagaContract;
  readonly services: MemoryServices;
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** A bridge that is stopped with the servers. */
  bridge(options?: Partial<BridgeOptions>): Promise<ReturnType<typeof createBridge>>;
  /** A worker that is stopped with the servers. */
  worker(): Promise<void>;
  read(topic: string): Promise<readonly IncomingRecord[]>;
  /** Closed in reverse order with `stop`. */
  closing(close: () => Promise<unknown>): void;
  stop(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  const id = randomUUID().slice(0, 8);
  const closes: (() => Promise<unknown>)[] = [];
  const closing = (close: () => Promise<unknown>) => void closes.unshift(close);
  const driver = createKafkajsDriver({ brokers: address('KAFKA_BROKERS').split(','), clientId: `bridges-${id}` });
  const topics = { orders: `t${id}.orders`, payments: `t${id}.payments`, transitions: `t${id}.transitions` };
  await createTopics(driver, Object.values(topics));
  const database = await freshDatabase({ max: 20 });
  // Dropping it ends connections that are just being closed.
  database.pool.on('error', () => undefined);
  closing(() => database.drop());
  const store = createStore({ pool: database.pool });
  closing(() => store.close());
  const producer = await driver.producer();
  closing(() => producer.close());
  const connection = await Connection.connect({ address: address('TEMPORAL_ADDRESS') });
  closing(() => connection.close());
  const client = new Client({ connection });
  const contract = { ...orderSagaContract, taskQueue: `bridges-${id}`, transitionsTopic: topics.transitions };
  const services = new MemoryServices();

  return {
    id,
    tenantId: `tenant-${id}`,
    driver,
    client,
    store,
    database,
    topics,
    contract,
    services,
    closing,
    async send(records) {
      await producer.send(records);
    },
    async bridge(options = {}) {
      const bridge = createBridge({
        driver,
        producer,
        store,
        workflows: createCallCounter().own(temporalCalls(client)),
        registry,
        routes: routesTo(contract),
        groupId: `bridge-${id}`,
        topics: [topics.orders, topics.payments],
        sessionTimeoutMs: 10_000,
        ...options,
        limits: { sweepIntervalMs: 200, ...options.limits },
      });
      await bridge.start();
      closing(() => bridge.stop());
      return bridge;
    },
    async worker() {
      quietRuntime();
      const native = await NativeConnection.connect({ address: address('TEMPORAL_ADDRESS') });
      closing(() => native.close());
      const recording = {
        recordTransitions: (request: Parameters<Store['append']>[0]) => store.append(request),
        settleForeign: (...given: Parameters<Store['settleForeign']>) => store.settleForeign(...given),
      };
      const worker = await Worker.create({
        connection: native,
        taskQueue: contract.taskQueue,
        workflowsPath: require.resolve('../../workflows'),
        activities: activitiesOf(recording, services, new MemoryNotifications()),
      });
      const running = worker.run();
      closing(async () => {
        worker.shutdown();
        await running;
      });
    },
    read: (topic) => readAll(driver, topic),
    async stop() {
      for (const close of closes) await close();
    },
  };
}

let quiet = false;
function quietRuntime(): void {
  if (!quiet) Runtime.install({ logger: new DefaultLogger('ERROR') });
  quiet = true;
}

async function createTopics(driver: KafkaDriver, topics: readonly string[]): Promise<void> {
  const admin = await driver.admin();
  const names = topics.flatMap((topic) => [topic, deadLetterTopic(topic)]);
  await admin.createTopics(names.map((topic) => ({ topic, partitions: 2, replicationFactor: 1, config: {} })));
  await admin.close();
}

async function readAll(driver: KafkaDriver, topic: string): Promise<readonly IncomingRecord[]> {
  const admin = await driver.admin();
  const ends = await admin.endOffsets(topic);
  await admin.close();
  const found: IncomingRecord[] = [];
  for (const { partition, offset } of ends) {
    for await (const record of driver.readRange(topic, partition, 0n, offset)) found.push(record);
  }
  return found;
}

/** Waits for a condition, not for a time. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
