import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGuarded, tail } from '../infra/stack/guarded-process';
import { until } from './until';

export interface ProgramSpec {
  /** Unique within a run: it names the log. */
  readonly name: string;
  /** Compiled, as it runs in production. */
  readonly path: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A process of Node of its own, that cannot outlive this one. */
export interface Program {
  readonly pid: number;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

const START_LIMIT_MS = 60_000;

/** Starts a program; resolves once it has logged `started`. Rejects with the end of its log. */
export async function startProgram({ name, path, environment }: ProgramSpec, logFolder: string): Promise<Program> {
  const log = join(logFolder, `${name}.log`);
  const guarded = await startGuarded({
    name,
    command: process.execPath,
    args: [path],
    env: { ...environment },
    log,
    stop: 'TERM',
    graceMs: 10_000,
  });
  let ended = false;
  void guarded.ended.then(() => {
    ended = true;
  });
  const hasStarted = () => {
    if (ended) throw new Error(`${name} has ended:\n${tail(log)}`);
    return readFileSync(log, 'utf8').includes('"msg":"started"');
  };
  try {
    await until(hasStarted, { what: `${name} to start`, limitMs: START_LIMIT_MS, everyMs: 50 });
  } catch (error) {
    await guarded.stop();
    throw error;
  }
  return {
    pid: guarded.pid,
    signal: (signal) => process.kill(guarded.pid, signal),
    stop: async () => {
      if (!ended) process.kill(guarded.pid, 'SIGCONT'); // a halted one would not hear that it should end
      await guarded.stop();
    },
  };
}

/** Runs a program to its end. Rejects, with the end of its log, unless it ends with 0. */
export async function runProgram({ name, path, environment }: ProgramSpec, logFolder: string): Promise<void> {
  const log = join(logFolder, `${name}.log`);
  const guarded = await startGuarded({
    name,
    command: process.execPath,
    args: [path],
    env: { ...environment },
    log,
    stop: 'TERM',
    graceMs: 5_000,
  });
  const code = await guarded.waitForExit();
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${tail(log)}`);
}
