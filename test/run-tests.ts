import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { startStack } from '../infra/stack';

/**
 * `npm test`: unit, replay and integration tests on servers that they share, then end-to-end tests one by one on servers of their
 * own. `--long` runs the tests of all seeds, one by one on servers of their own, and repeats instead. Other arguments go on to jest and turn coverage off.
 */
const rounds = {
  shared: ['unit', 'replay', 'integration'],
  alone: ['e2e'],
  long: ['long'],
} as const;

const jestResult = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numRuntimeErrorTestSuites: z.number(),
});

interface Count {
  readonly code: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

async function runJest(args: readonly string[], environment: NodeJS.ProcessEnv, aborted: AbortSignal): Promise<Count> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-jest-'));
  const outputFile = join(folder, 'result.json');
  try {
    const code = await new Promise<number>((resolve, reject) => {
      const jest = spawn(
        process.execPath,
        [require.resolve('jest/bin/jest'), '--json', '--outputFile', outputFile, ...args],
        {
          stdio: ['ignore', 'ignore', 'inherit'], // the report goes to stderr, the JSON to the file
          env: environment,
        },
      );
      const stop = () => jest.kill('SIGTERM');
      aborted.addEventListener('abort', stop, { once: true });
      const ended = failUnlessEnded(jest, outputFile);
      jest.once('error', reject);
      jest.once('exit', (exitCode) => {
        ended();
        resolve(exitCode ?? 1);
      });
    });
    const result = jestResult.parse(JSON.parse(await readFile(outputFile, 'utf8')));
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    return { code, passed: result.numPassedTests, failed, skipped: result.numPendingTests };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const END_WITHIN_MS = 30_000;

/** Something that a test left open keeps jest from ending, and would keep a process of ours: that is a failure, not a wait. */
function failUnlessEnded(jest: ChildProcess, outputFile: string): () => void {
  let reportedAt: number | undefined;
  const looking = setInterval(() => {
    if (reportedAt === undefined && existsSync(outputFile)) reportedAt = Date.now();
    if (reportedAt === undefined || Date.now() - reportedAt < END_WITHIN_MS) return;
    console.error(`Jest is done but did not end within ${END_WITHIN_MS / 1000} s: a test left something open.`);
    jest.kill('SIGKILL');
  }, 1_000);
  return () => clearInterval(looking);
}

async function onSharedServers(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  aborted: AbortSignal,
): Promise<Count> {
  const stack = await startStack({
    dataDir: 'temporary',
    parts: ['kafka', 'temporal', 'postgres', 'time-skipping'],
    onProgress: (line) => console.error(line),
  });
  try {
    const addresses = {
      KAFKA_BROKERS: stack.kafkaBrokers.join(','),
      TEMPORAL_ADDRESS: stack.temporalAddress,
      DATABASE_URL: stack.databaseUrl,
      TIME_SKIPPING_SERVER: stack.timeSkippingServer ?? '',
    };
    return await runJest(args, { ...process.env, ...addresses, ...settings }, aborted);
  } finally {
    await stack.stop();
  }
}

async function main(): Promise<number> {
  const long = process.argv.includes('--long');
  const args = process.argv.slice(2).filter((arg) => arg !== '--long');
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
  const started = Date.now();
  const chosen = args.length > 0 ? ['--passWithNoTests', ...args] : [];
  const counts: Count[] = [];
  if (long) {
    counts.push(
      await runJest(['--selectProjects', ...rounds.long, '--runInBand', ...chosen], process.env, abort.signal),
    );
    const race = ['--selectProjects', 'integration', '--runInBand', '--testPathPatterns', 'bridges/inbound/bridge.int'];
    if (chosen.length === 0) counts.push(await onSharedServers(race, { REPEATS: '50' }, abort.signal));
  } else {
    const coverage = args.length > 0 ? [] : ['--coverage'];
    counts.push(
      await onSharedServers(
        ['--selectProjects', ...rounds.shared, '--maxWorkers=2', ...coverage, ...chosen],
        {},
        abort.signal,
      ),
    );
    if (!abort.signal.aborted)
      counts.push(
        await runJest(['--selectProjects', ...rounds.alone, '--runInBand', ...chosen], process.env, abort.signal),
      );
  }
  const sum = (of: (count: Count) => number) => counts.reduce((total, count) => total + of(count), 0);
  const skipped = sum((count) => count.skipped);
  if (skipped > 0) console.log(`${skipped} skipped`);
  console.log(`Took ${Math.round((Date.now() - started) / 1000)} s.`);
  console.log(`${sum((count) => count.passed)} passed, ${sum((count) => count.failed)} failed`);
  return Math.max(...counts.map(({ code }) => code), abort.signal.aborted ? 130 : 0);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
