import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type GuardedProcess, startGuarded } from './guarded-process';
import { temporalSettings } from './temporal-settings';

export interface DevServerOptions {
  cli: string;
  folder: string;
  log: string;
  port: number;
  uiPort: number;
  temporary: boolean;
}

/** Temporal's dev server with its Web UI, on a SQLite file: yesterday's workflows are there tomorrow. */
export function startDevServer({
  cli,
  folder,
  log,
  port,
  uiPort,
  temporary,
}: DevServerOptions): Promise<GuardedProcess> {
  mkdirSync(folder, { recursive: true });
  return startGuarded({
    name: 'temporal',
    command: cli,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
      ...['--db-filename', join(folder, 'temporal.db'), '--log-level', 'error'],
      ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=1'], // four times faster than without
      ...Object.entries(temporalSettings).flatMap(([name, value]) => ['--dynamic-config-value', `${name}=${value}`]),
    ],
    log,
    stop: temporary ? 'KILL' : 'TERM',
    graceMs: 10_000,
  });
}
