import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GuardedProcess, startGuarded } from './guarded-process';
import { run } from './pinned';
import { freePort } from './ports';
import { ensureDatabase, hasTable } from './postgres-ready';
import { postgresLogin, postgresUrl } from './postgres-server';
import type { TemporalServerPrograms } from './temporal-programs';
import { temporalSettings } from './temporal-settings';

export interface OnPostgresOptions {
  programs: TemporalServerPrograms;
  folder: string;
  log: string;
  port: number;
  postgresPort: number;
  temporary: boolean;
}

const databases = { temporal: 'postgresql/v12/temporal', temporal_visibility: 'postgresql/v12/visibility' } as const;
const plugin = 'postgres12_pgx';

/** The Temporal server as it runs in production, all four services in one process, its data in PostgreSQL. */
export async function startOnPostgres(options: OnPostgresOptions): Promise<GuardedProcess> {
  const { programs, folder, port, postgresPort, log, temporary } = options;
  mkdirSync(folder, { recursive: true });
  for (const [database, schema] of Object.entries(databases))
    await prepare(programs.sql, postgresPort, database, schema);
  const settings = join(folder, 'settings.yaml');
  const values = Object.entries(temporalSettings).map(([name, value]) => [name, [{ value }]]);
  writeFileSync(settings, JSON.stringify(Object.fromEntries(values))); // JSON is YAML
  const config = join(folder, 'config.yaml');
  writeFileSync(config, JSON.stringify(await serverConfig(port, postgresPort, settings), undefined, 2));
  return startGuarded({
    name: 'temporal',
    command: programs.server,
    args: ['--config-file', config, '--allow-no-auth', 'start'],
    env: { GOGC: '400' }, // memory for time: a tenth less of it
    log,
    stop: temporary ? 'KILL' : 'TERM',
    graceMs: 15_000,
  });
}

async function prepare(sql: string, port: number, database: string, schema: string): Promise<void> {
  const url = postgresUrl(port, database);
  await ensureDatabase(postgresUrl(port, 'postgres'), database);
  const tool = (...args: string[]) =>
    run(sql, [
      ...['--plugin', plugin, '--endpoint', '127.0.0.1', '--port', String(port), '--database', database],
      ...['--user', postgresLogin.user, '--password', postgresLogin.password, ...args],
    ]);
  if (!(await hasTable(url, 'schema_version'))) await tool('setup-schema', '--version', '0.0');
  await tool('update-schema', '--schema-name', schema);
}

async function serverConfig(port: number, postgresPort: number, settings: string): Promise<object> {
  const service = async (grpcPort?: number) => ({
    rpc: { grpcPort: grpcPort ?? (await freePort()), membershipPort: await freePort(), bindOnLocalHost: true },
  });
  const store = (databaseName: string, maxConns: number) => ({
    sql: {
      pluginName: plugin,
      databaseName,
      connectAddr: `127.0.0.1:${postgresPort}`,
      connectProtocol: 'tcp',
      ...postgresLogin,
      maxConns,
      maxIdleConns: maxConns,
      maxConnLifetime: '1h',
    },
  });
  return {
    log: { stdout: true, level: 'error' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: 16,
      datastores: { default: store('temporal', 40), visibility: store('temporal_visibility', 15) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: {
      frontend: await service(port),
      history: await service(),
      matching: await service(),
      worker: await service(),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: `127.0.0.1:${port}` },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: settings, pollInterval: '60s' },
  };
}
