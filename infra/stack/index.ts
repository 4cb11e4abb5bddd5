import { type ContainerServers, containerServers } from './containers';
import { openDataFolder } from './data-folder';
import {
  embeddedDevServer,
  embeddedKafka,
  embeddedOnPostgres,
  embeddedPostgres,
  embeddedTimeSkipping,
} from './embedded';
import { given, givenDatabase } from './given';
import { beginLaunch, type Launch } from './launch';
import type { Ports } from './ports';
import { postgresUrl } from './postgres-server';
import type { OnProgress } from './progress';

export { type PortName, type Ports, portsFromEnvironment } from './ports';
export { StackError, type StackErrorCode } from './stack-error';

export type StackPart = 'kafka' | 'temporal' | 'postgres' | 'time-skipping';

export interface StackOptions {
  /** Where the data stays between runs; 'temporary' is a fresh folder that goes with the stack. */
  dataDir: string | 'temporary';
  /** Kafka, Temporal and PostgreSQL when left out. */
  parts?: readonly StackPart[];
  /** Which embedded Temporal: the dev server with its Web UI (when left out), or the real server on PostgreSQL. */
  temporal?: 'dev-server' | 'on-postgres';
  /** Free ports are picked for those left out. */
  ports?: Ports;
  onProgress: OnProgress;
}

export interface Stack {
  /** Empty, as are the other addresses, when the part was not asked for. */
  kafkaBrokers: string[];
  temporalAddress: string;
  temporalUiUrl: string | undefined;
  databaseUrl: string;
  /** The path of a program, as the SDK's `existing-path` wants it. */
  timeSkippingServer?: string;
  /** The processes started here, by server. */
  pids: Record<string, number>;
  /** By server: how it was provided. */
  how: Record<string, string>;
  /** Ends what was started here, and nothing else; resolves when nothing of it is left. Calling it again is safe. */
  stop(): Promise<void>;
}

/**
 * Provides the servers, each in the first way that works: an address in the environment (KAFKA_BROKERS,
 * TEMPORAL_ADDRESS, DATABASE_URL), the container engine, embedded. Resolves when all of them answer.
 * Fails with a StackError whose message names the way out, after stopping what had started. Whatever happens to this
 * process, kill -9 included, no server outlives it.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const data = await openDataFolder(options.dataDir);
  const running = beginLaunch(data, options.ports ?? {}, options.onProgress);
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= running.stopAll().then(() => data.release());
    return stopping;
  };
  try {
    const servers = await provide(running.launch, options);
    return { ...servers, pids: running.pids(), stop };
  } catch (failure) {
    await stop();
    throw failure;
  }
}

async function provide(launch: Launch, { parts, temporal }: StackOptions): Promise<Omit<Stack, 'pids' | 'stop'>> {
  const wanted = new Set<StackPart>(parts ?? ['kafka', 'temporal', 'postgres']);
  const containers = await containerServers(launch, wanted);
  const how: Record<string, string> = {};
  let embedded: Promise<number> | undefined;
  const postgresPort = () => {
    embedded ??= embeddedPostgres(launch);
    return embedded;
  };
  const [kafkaBrokers, databaseUrl, workflows, timeSkippingServer] = await Promise.all([
    wanted.has('kafka') ? kafka(launch, containers, how) : [],
    wanted.has('postgres') ? postgres(launch, containers, how, postgresPort) : '',
    wanted.has('temporal')
      ? provideTemporal(launch, containers, how, temporal ?? 'dev-server', postgresPort)
      : undefined,
    wanted.has('time-skipping') ? embeddedTimeSkipping(launch) : undefined,
  ]);
  return {
    kafkaBrokers,
    databaseUrl,
    temporalAddress: workflows?.address ?? '',
    temporalUiUrl: workflows?.uiUrl,
    ...(timeSkippingServer === undefined ? {} : { timeSkippingServer }),
    how,
  };
}

type How = Record<string, string>;

async function kafka(launch: Launch, containers: ContainerServers | undefined, how: How): Promise<string[]> {
  const external = process.env['KAFKA_BROKERS'];
  if (external) {
    const brokers = external.split(',').map((broker) => broker.trim());
    await given.kafka(launch.onProgress, brokers);
    how['kafka'] = 'KAFKA_BROKERS';
    return brokers;
  }
  const { brokers, how: way } = containers?.kafka ?? (await embeddedKafka(launch));
  how['kafka'] = way;
  return brokers;
}

async function postgres(
  launch: Launch,
  containers: ContainerServers | undefined,
  how: How,
  embedded: () => Promise<number>,
): Promise<string> {
  const external = givenDatabase();
  if (external) {
    await given.postgres(launch.onProgress, external);
    how['postgres'] = 'DATABASE_URL';
    return external;
  }
  how['postgres'] = containers?.postgres?.how ?? 'embedded: PostgreSQL 18 from npm';
  return containers?.postgres?.url ?? postgresUrl(await embedded(), 'millrace');
}

async function provideTemporal(
  launch: Launch,
  containers: ContainerServers | undefined,
  how: How,
  kind: 'dev-server' | 'on-postgres',
  postgresPort: () => Promise<number>,
): Promise<{ address: string; uiUrl: string | undefined }> {
  const external = process.env['TEMPORAL_ADDRESS'];
  if (external) {
    await given.temporal(launch.onProgress, external);
    how['temporal'] = 'TEMPORAL_ADDRESS';
    return { address: external, uiUrl: process.env['TEMPORAL_UI_URL'] || undefined };
  }
  const own =
    kind === 'on-postgres' ? () => embeddedOnPostgres(launch, postgresPort()) : () => embeddedDevServer(launch);
  const server = containers?.temporal ?? (await own());
  how['temporal'] = server.how;
  return server;
}
