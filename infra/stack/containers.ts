import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { checkout } from './checkout';
import { givenDatabase } from './given';
import { type ProcessSpec, startGuarded } from './guarded-process';
import { kafkaReady } from './kafka-ready';
import type { Launch } from './launch';
import { run } from './pinned';
import { claimPort, type PortName, portTable } from './ports';
import { postgresReady } from './postgres-ready';
import { postgresUrl } from './postgres-server';
import { programs } from './programs';
import { timed } from './progress';
import { temporalReady } from './temporal-ready';

export interface ContainerServers {
  kafka?: { brokers: string[]; how: string };
  postgres?: { url: string; how: string };
  temporal?: { address: string; uiUrl: string; how: string };
}

const how = 'container engine, docker-compose.yml';
const limitMs = 600_000; // images are pulled on the first run

const services = {
  kafka: { names: ['kafka'], ports: ['kafka'], elsewhere: 'KAFKA_BROKERS' },
  postgres: { names: ['postgres'], ports: ['postgres'], elsewhere: 'DATABASE_URL' },
  temporal: {
    names: ['temporal', 'temporal-ui'],
    ports: ['temporal', 'temporalUi', 'postgres'],
    elsewhere: 'TEMPORAL_ADDRESS',
  },
} as const;
type Service = keyof typeof services;

const isElsewhere = (name: Service): boolean =>
  Boolean(name === 'postgres' ? givenDatabase() : process.env[services[name].elsewhere]);

/**
 * The servers that the container engine provides: those wanted that have no address in the environment. Undefined when
 * there is no engine, or when it cannot bring them up: then the next way is tried. MILLRACE_STACK=embedded passes it over.
 */
export async function containerServers(
  launch: Launch,
  wanted: ReadonlySet<string>,
): Promise<ContainerServers | undefined> {
  const names: Service[] = ['kafka', 'postgres', 'temporal'];
  const chosen = names.filter((name) => wanted.has(name) && !isElsewhere(name));
  if (chosen.length === 0 || process.env['MILLRACE_STACK'] === 'embedded' || programs.containers() === undefined)
    return undefined;
  try {
    return await timed(launch.onProgress, 'starting containers', () => up(launch, chosen));
  } catch (failure) {
    if (process.env['MILLRACE_STACK'] === 'containers') throw failure;
    launch.onProgress(`the container engine did not bring them up, trying without: ${String(failure)}`);
    return undefined;
  }
}

async function up(launch: Launch, chosen: readonly Service[]): Promise<ContainerServers> {
  const { data } = launch;
  const ports = await claimed(launch, new Set(chosen.flatMap((name) => services[name].ports)));
  const compose = `docker compose --project-name ${projectOf(data.path)} --file "$0"`;
  // In the foreground, so that the containers end with the guarded process; a temporary stack takes its volumes along.
  const script = `${compose} up --abort-on-container-failure "$@" & up=$!
trap 'kill -INT $up' TERM
wait $up; wait $up; code=$?
${data.temporary ? `${compose} down --volumes` : `${compose} stop`}
exit $code`;
  const specification: ProcessSpec = {
    name: 'containers',
    command: '/bin/sh',
    args: ['-c', script, join(checkout, 'docker-compose.yml'), ...chosen.flatMap((name) => services[name].names)],
    env: Object.fromEntries([...ports].map(([name, port]) => [portTable[name].setting, String(port)])),
    log: data.log('containers'),
    stop: 'TERM',
    graceMs: 60_000,
  };
  const process = await launch.start('containers', () => startGuarded(specification));
  try {
    return await ready(chosen, ports, process.ended);
  } catch (failure) {
    await process.stop();
    throw failure;
  }
}

/** Removes the containers and volumes of a stack whose data lay in this folder. */
export async function forgetContainers(path: string): Promise<void> {
  if (programs.containers() === undefined) return;
  const file = join(checkout, 'docker-compose.yml');
  await run('docker', ['compose', '--project-name', projectOf(path), '--file', file, 'down', '--volumes']);
}

function projectOf(path: string): string {
  return `millrace-${createHash('sha256').update(path).digest('hex').slice(0, 12)}`;
}

async function claimed({ ports }: Launch, names: ReadonlySet<PortName>): Promise<Map<PortName, number>> {
  const claims = new Map<PortName, number>();
  for (const name of names) claims.set(name, await claimPort(name, ports[name]));
  return claims;
}

async function ready(
  chosen: readonly Service[],
  ports: Map<PortName, number>,
  ended: Promise<string>,
): Promise<ContainerServers> {
  const port = (name: PortName) => ports.get(name) ?? portTable[name].usual;
  const servers: Required<ContainerServers> = {
    kafka: { brokers: [`127.0.0.1:${port('kafka')}`], how },
    postgres: { url: postgresUrl(port('postgres'), 'millrace'), how },
    temporal: { address: `127.0.0.1:${port('temporal')}`, uiUrl: `http://127.0.0.1:${port('temporalUi')}`, how },
  };
  const ask = {
    kafka: () => kafkaReady(servers.kafka.brokers, limitMs, ended),
    postgres: () => postgresReady(servers.postgres.url, limitMs, ended),
    temporal: () => temporalReady(servers.temporal.address, { namespace: 'default', create: true }, limitMs, ended),
  };
  await Promise.all(chosen.map((name) => ask[name]()));
  return Object.fromEntries(chosen.map((name) => [name, servers[name]]));
}
