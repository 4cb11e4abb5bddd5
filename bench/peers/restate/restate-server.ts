import { existsSync, mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GuardedProcess, startGuarded, tail } from '../../../infra/stack/guarded-process';
import { freePort } from '../../../infra/stack/ports';
import { until } from '../../until';
import { PeerMissing } from '../packages';

/** A single node with the server's own defaults: 24 partitions, every write to its log synced to the disk. */
export interface RestateServer {
  readonly pid: number;
  /** Lets the server find the handlers at that address. */
  register(serviceUrl: string): Promise<void>;
  /** From now on, each record of the topic is a call of the handler, of the object that its key names. */
  subscribe(topic: string, handler: string): Promise<void>;
  stop(): Promise<void>;
}

const KAFKA = 'bench';

/** Rejects with `PeerMissing` where there is no server for this kind of machine. */
export async function startRestateServer(packages: string, brokers: readonly string[]): Promise<RestateServer> {
  const command = binary(packages);
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-restate-'));
  const log = join(folder, 'log');
  const [node, ingress, admin] = [await freePort(), await freePort(), await freePort()];
  const config = join(folder, 'restate.toml');
  await writeFile(config, settings({ folder, node, ingress, admin, brokers }));
  const server = await startGuarded({
    name: 'restate',
    command,
    args: ['--config-file', config, '--no-logo'],
    env: { DO_NOT_TRACK: '1' },
    cwd: folder,
    log,
    stop: 'TERM',
    graceMs: 5_000,
  });
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${admin}`;
  try {
    await ready(server, url, log);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    pid: server.pid,
    register: (serviceUrl) => post(`${url}/deployments`, { uri: serviceUrl }),
    subscribe: (topic, handler) =>
      post(`${url}/subscriptions`, {
        source: `kafka://${KAFKA}/${topic}`,
        sink: `service://${handler}`,
        options: { 'auto.offset.reset': 'earliest' },
      }),
    stop,
  };
}

function binary(packages: string): string {
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  const path = join(packages, 'node_modules', name, 'bin/restate-server');
  if (!existsSync(path)) throw new PeerMissing(`Restate has no server for ${process.platform}-${process.arch}`);
  return path;
}

interface Settings {
  readonly folder: string;
  readonly node: number;
  readonly ingress: number;
  readonly admin: number;
  readonly brokers: readonly string[];
}

const settings = ({ folder, node, ingress, admin, brokers }: Settings): string => `
base-dir = ${JSON.stringify(join(folder, 'data'))}
node-name = "bench"
listen-mode = "tcp"
disable-telemetry = true
log-filter = "warn"
bind-address = "127.0.0.1:${node}"
advertised-address = "http://127.0.0.1:${node}"

[admin]
bind-address = "127.0.0.1:${admin}"
disable-web-ui = true

[ingress]
bind-address = "127.0.0.1:${ingress}"

[[ingress.kafka-clusters]]
name = "${KAFKA}"
brokers = ${JSON.stringify(brokers.map((broker) => `PLAINTEXT://${broker}`))}
`;

async function ready(server: GuardedProcess, url: string, log: string): Promise<void> {
  let ended = false;
  void server.ended.then(() => {
    ended = true;
  });
  const answers = async () => {
    if (ended) throw new Error(`Restate's server has ended:\n${tail(log)}`);
    return fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  };
  await until(answers, { what: "Restate's server to answer", limitMs: 60_000, everyMs: 100 });
}

async function post(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`Restate answered ${answer.status} to ${url}: ${await answer.text()}`);
}
