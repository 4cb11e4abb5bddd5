import { chownSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type GuardedProcess, startGuarded } from './guarded-process';
import { run } from './pinned';
import type { User } from './postgres-programs';
import { StackError } from './stack-error';

export interface PostgresOptions {
  /** The folder of initdb and postgres. */
  programs: string;
  user: User | undefined;
  folder: string;
  log: string;
  port: number;
  temporary: boolean;
}

export const postgresLogin = { user: 'millrace', password: 'millrace' } as const;

export function postgresUrl(port: number, database: string): string {
  return `postgresql://${postgresLogin.user}:${postgresLogin.password}@127.0.0.1:${port}/${database}`;
}

/** A PostgreSQL of our own: 200 connections, fsync on, listening on this machine only, without a socket file. */
export async function startPostgres(options: PostgresOptions): Promise<GuardedProcess> {
  const { programs, folder, user } = options;
  await createCluster(options);
  const settings = {
    max_connections: 200,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    track_commit_timestamp: 'on', // when a row could first be read, to the microsecond
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
  return startGuarded({
    name: 'postgres',
    command: join(programs, 'postgres'),
    args: [
      ...['-D', folder, '-p', String(options.port)],
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    cwd: folder,
    log: options.log,
    stop: options.temporary ? 'QUIT' : 'INT', // immediate, or fast with a last checkpoint; KILL would leak shared memory
    graceMs: 20_000,
    user,
  });
}

async function createCluster({ programs, folder, user, temporary }: PostgresOptions): Promise<void> {
  const complete = join(folder, 'millrace-cluster-is-complete');
  if (existsSync(complete)) return checkOwner(folder, user);
  await rm(folder, { recursive: true, force: true }); // a start that was interrupted
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const passwordFile = `${folder}.password`;
  writeFileSync(passwordFile, `${postgresLogin.password}\n`);
  if (user) chownSync(folder, user.uid, user.gid);
  try {
    await run(
      join(programs, 'initdb'),
      [
        ...[
          `--pgdata=${folder}`,
          `--username=${postgresLogin.user}`,
          `--pwfile=${passwordFile}`,
          '--auth=scram-sha-256',
        ],
        ...['--encoding=UTF8', '--locale=C'], // the same order of strings on every machine
        ...(temporary ? ['--no-sync'] : []),
      ],
      { cwd: folder, user },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
  writeFileSync(complete, '');
}

function checkOwner(folder: string, user: User | undefined): void {
  const owner = statSync(folder).uid;
  const runs = user?.uid ?? process.getuid?.() ?? owner;
  if (owner === runs) return;
  throw new StackError(
    'start-failed',
    `${folder} belongs to another user (${owner}): start as that one, or npm run stack:reset`,
  );
}
