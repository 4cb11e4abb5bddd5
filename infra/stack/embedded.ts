import { join } from 'node:path';
import { kafkaBroker, timeSkippingJars } from './jars';
import { startBroker } from './kafka-broker';
import { kafkaReady } from './kafka-ready';
import type { Launch } from './launch';
import { claimPort } from './ports';
import { postgresPrograms, postgresUser } from './postgres-programs';
import { ensureDatabase, postgresReady } from './postgres-ready';
import { postgresUrl, startPostgres } from './postgres-server';
import { timed } from './progress';
import { StackError } from './stack-error';
import { startDevServer } from './temporal-dev-server';
import { startOnPostgres } from './temporal-on-postgres';
import { temporalCli, temporalServer } from './temporal-programs';
import { temporalReady } from './temporal-ready';
import { writeTimeSkippingServer } from './time-skipping';

const startLimitMs = 90_000;
const highestStorablePort = 32_767; // int2
const ownNamespace = { namespace: 'default', create: true };

/** Kafka on this machine, from its jars. */
export async function embeddedKafka(launch: Launch): Promise<{ brokers: string[]; how: string }> {
  const { data, ports, onProgress } = launch;
  const port = await claimPort('kafka', ports.kafka);
  const controllerPort = await claimPort('kafkaController', ports.kafkaController);
  const program = await kafkaBroker(launch);
  const brokers = [`127.0.0.1:${port}`];
  await timed(onProgress, 'starting Kafka', async () => {
    const folder = join(data.path, 'kafka');
    const common = { folder, log: data.log('kafka'), temporary: data.temporary };
    const broker = await launch.start('kafka', () => startBroker({ program, port, controllerPort, ...common }));
    await kafkaReady(brokers, startLimitMs, broker.ended);
  });
  return { brokers, how: 'embedded: Apache Kafka 4.1.0 from Maven' };
}

/** PostgreSQL on this machine, from its npm package; the port it listens on. */
export async function embeddedPostgres(launch: Launch): Promise<number> {
  const { data, ports, onProgress } = launch;
  const user = postgresUser();
  const programs = await postgresPrograms(user);
  const port = await claimPort('postgres', ports.postgres);
  await timed(onProgress, 'starting PostgreSQL', async () => {
    const common = { folder: data.postgres, log: data.log('postgres'), temporary: data.temporary };
    const server = await launch.start('postgres', () => startPostgres({ programs, user, port, ...common }));
    await postgresReady(postgresUrl(port, 'postgres'), startLimitMs, server.ended);
    await ensureDatabase(postgresUrl(port, 'postgres'), 'millrace');
  });
  return port;
}

interface Temporal {
  address: string;
  uiUrl: string | undefined;
  how: string;
}

/** Temporal's dev server with Web UI on this machine. */
export async function embeddedDevServer(launch: Launch): Promise<Temporal> {
  const { data, ports, onProgress } = launch;
  const port = await claimPort('temporal', ports.temporal);
  const uiPort = await claimPort('temporalUi', ports.temporalUi);
  const cli = await temporalCli(launch);
  const address = `127.0.0.1:${port}`;
  await timed(onProgress, 'starting Temporal', async () => {
    const common = { folder: join(data.path, 'temporal'), log: data.log('temporal'), temporary: data.temporary };
    const server = await launch.start('temporal', () => startDevServer({ cli, port, uiPort, ...common }));
    await temporalReady(address, ownNamespace, startLimitMs, server.ended);
  });
  return { address, uiUrl: `http://127.0.0.1:${uiPort}`, how: "embedded: dev server of Temporal's CLI" };
}

/** The Temporal server on this machine, with its data in the embedded PostgreSQL. */
export async function embeddedOnPostgres(launch: Launch, postgres: Promise<number>): Promise<Temporal> {
  const { data, ports, onProgress } = launch;
  const port = await claimPort('temporal', ports.temporal);
  if (port > highestStorablePort) {
    const limit = `Temporal on PostgreSQL stores ports up to ${highestStorablePort}: set MILLRACE_TEMPORAL_PORT to one below`;
    throw new StackError('port-taken', `port ${port} is too high; ${limit}`);
  }
  const [programs, postgresPort] = await Promise.all([temporalServer(launch), postgres]);
  const address = `127.0.0.1:${port}`;
  await timed(onProgress, 'starting Temporal on PostgreSQL', async () => {
    const common = { folder: join(data.path, 'temporal-server'), log: data.log('temporal'), temporary: data.temporary };
    const server = await launch.start('temporal', () => startOnPostgres({ programs, port, postgresPort, ...common }));
    await temporalReady(address, ownNamespace, startLimitMs, server.ended);
  });
  return { address, uiUrl: undefined, how: 'embedded: Temporal server 1.31.2 on PostgreSQL' };
}

/** The path of a program for the SDK's time-skipping test environment. */
export async function embeddedTimeSkipping(launch: Launch): Promise<string> {
  return writeTimeSkippingServer(join(launch.data.path, 'time-skipping'), await timeSkippingJars(launch));
}
