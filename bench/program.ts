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
const GRACE_MS = 10_000;

/** Its log, and the process with a guard between, so that it cannot outlive this one. */
async function run({ name, path, environment }: ProgramSpec, logFolder: string) {
  const log = join(logFolder, `${name}.log`);
  const common = { name, command: process.execPath, args: [path], env: { ...environment }, log } as const;
  return { log, guarded: await startGuarded({ ...common, stop: 'TERM', graceMs: GRACE_MS }) };
}

/** Starts a program; resolves once it has logged `started`. Rejects with the end of its log. */
export async function startProgram(spec: ProgramSpec, logFolder: string): Promise<Program> {
  const { name } = spec;
  const { log, guarded } = await run(spec, logFolder);
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
export async function runProgram(spec: ProgramSpec, logFolder: string): Promise<void> {
  const { log, guarded } = await run(spec, logFolder);
  const code = await guarded.waitForExit();
  if (code !== 0) throw new Error(`${spec.name} ended with ${code}:\n${tail(log)}`);
}
