import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClosing } from '../../infra/processes/closing';
import { type Stack, startStack } from '../../infra/stack';
import { freePort } from '../../infra/stack/ports';

export type Victim = 'worker' | 'bridge' | 'relay' | 'services' | 'api';

/** The compiled programs: what runs in production is what is killed here. */
const program = (name: string) => join(__dirname, '../../dist/infra/processes', `${name}-main.js`);

export interface PlatformProcesses {
  readonly stack: Stack;
  readonly environment: Readonly<Record<string, string>>;
  readonly logFolder: string;
  readonly apiUrl: string;
  /** Starts one more of this process, with other settings if given. */
  start(name: Victim, settings?: Readonly<Record<string, string>>): ChildProcess;
  /** SIGKILL, without a word, then another one of its kind. */
  killAndReplace(name: Victim): Promise<void>;
  signal(name: Victim, signal: NodeJS.Signals): Promise<void>;
  /** Of the one that was started last. Throws when it has ended. */
  pid(name: Victim): number;
  stop(): Promise<void>;
}

const exited = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise<void>((resolve) => child.once('exit', () => resolve()));

/** @param log Descriptor of the file that takes what it prints. */
const spawned = (name: string, environment: Readonly<Record<string, string>>, log: number) =>
  spawn(process.execPath, [program(name)], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', log, log],
  });

async function runToEnd(name: string, environment: Readonly<Record<string, string>>, log: number): Promise<void> {
  const child = spawned(name, environment, log);
  await exited(child);
  if (child.exitCode !== 0) throw new Error(`${name} ended with ${child.exitCode}`);
}

/** Servers of its own, topics and tables, then services, worker, bridge and relay, each a process of its own. */
export async function startPlatformProcesses(
  settings: Readonly<Record<string, string>>,
  temporal: 'dev-server' | 'on-postgres' = 'dev-server',
): Promise<PlatformProcesses> {
  const closing = createClosing();
  const stack = await startStack({ dataDir: 'temporary', temporal, onProgress: () => undefined });
  closing.add('servers', () => stack.stop());
  const logFolder = join(tmpdir(), `millrace-processes-${process.pid}-${Date.now()}`);
  await mkdir(logFolder, { recursive: true });
  const log = await open(join(logFolder, 'all.log'), 'a');
  const [inventory, payments, shipping, api] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const environment = {
    MILLRACE_ENV: 'development',
    AUTH_MODE: 'off',
    LOG_LEVEL: 'info',
    METRICS_PORT: '0',
    API_PORT: String(api),
    API_HOST: '127.0.0.1',
    KAFKA_BROKERS: stack.kafkaBrokers.join(','),
    KAFKA_REPLICATION: '1',
    KAFKA_PARTITIONS: '6',
    KAFKA_SESSION_TIMEOUT_MS: '6000',
    TEMPORAL_ADDRESS: stack.temporalAddress,
    DATABASE_URL: stack.databaseUrl,
    INVENTORY_URL: `http://127.0.0.1:${inventory}`,
    PAYMENTS_URL: `http://127.0.0.1:${payments}`,
    SHIPPING_URL: `http://127.0.0.1:${shipping}`,
    ...settings,
  };
  const running = new Map<Victim, ChildProcess>();
  const start = (name: Victim, more: Readonly<Record<string, string>> = {}) => {
    const child = spawned(name, { ...environment, ...more }, log.fd);
    running.set(name, child);
    return child;
  };
  const signal = async (name: Victim, sent: NodeJS.Signals) => {
    const child = running.get(name);
    if (child === undefined) return;
    child.kill(sent);
    if (sent !== 'SIGSTOP' && sent !== 'SIGCONT') await exited(child);
  };
  closing.add('log', () => log.close());
  closing.add('processes', () => Promise.all([...running.keys()].map((name) => signal(name, 'SIGTERM'))));
  try {
    await runToEnd('topics', environment, log.fd);
    for (const name of ['services', 'worker', 'bridge', 'relay', 'api'] as const) start(name);
  } catch (error) {
    await closing.close().catch(() => undefined);
    throw error;
  }
  return {
    stack,
    environment,
    logFolder,
    apiUrl: `http://127.0.0.1:${api}`,
    start,
    signal,
    pid: (name) => {
      const { pid, exitCode = null, signalCode = null } = running.get(name) ?? {};
      if (pid === undefined || exitCode !== null || signalCode !== null) throw new Error(`${name} does not run`);
      return pid;
    },
    killAndReplace: async (name) => {
      await signal(name, 'SIGKILL');
      start(name);
    },
    stop: async () => {
      await closing.close();
      await rm(logFolder, { recursive: true, force: true });
    },
  };
}
