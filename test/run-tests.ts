import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../infra/stack';

/** `npm test`: real servers of its own, then every jest project but the long one. Arguments go on to jest. */
const PROJECTS = ['unit', 'replay', 'integration', 'e2e'];

interface JestResult {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
  readonly numRuntimeErrorTestSuites: number;
}

async function runJest(
  projects: readonly string[],
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  aborted: AbortSignal,
): Promise<{ code: number; result: JestResult | undefined }> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-jest-'));
  const outputFile = join(folder, 'result.json');
  try {
    const code = await new Promise<number>((resolve, reject) => {
      const jest = spawn(
        process.execPath,
        [
          require.resolve('jest/bin/jest'),
          '--selectProjects',
          ...projects,
          '--json',
          '--outputFile',
          outputFile,
          ...args,
        ],
        {
          stdio: ['ignore', 'ignore', 'inherit'],
          env: environment,
        },
      );
      const stop = () => jest.kill('SIGTERM');
      aborted.addEventListener('abort', stop, { once: true });
      jest.once('error', reject);
      jest.once('exit', (exitCode) => resolve(exitCode ?? 1));
    });
    const result = await readFile(outputFile, 'utf8').then(
      (text): JestResult => JSON.parse(text),
      () => undefined,
    );
    return { code, result };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  const long = process.argv.includes('--long');
  const args = process.argv.slice(2).filter((arg) => arg !== '--long');
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
  const started = Date.now();
  const stack = await startStack({
    dataDir: 'temporary',
    parts: ['kafka', 'temporal', 'postgres', 'time-skipping'],
    onProgress: (line) => console.error(line),
  });
  try {
    console.error(`Servers are up after ${Math.round((Date.now() - started) / 1000)} s.`);
    const environment = {
      ...process.env,
      KAFKA_BROKERS: stack.kafkaBrokers.join(','),
      TEMPORAL_ADDRESS: stack.temporalAddress,
      DATABASE_URL: stack.databaseUrl,
      TIME_SKIPPING_SERVER: stack.timeSkippingServer ?? '',
    };
    const coverage = args.length === 0 && !long ? ['--coverage'] : [];
    const { code, result } = await runJest(
      long ? ['long'] : PROJECTS,
      ['--maxWorkers=2', ...coverage, ...args],
      environment,
      abort.signal,
    );
    if (result === undefined) {
      console.log('jest wrote no result');
      return 1;
    }
    const { numPassedTests, numFailedTests, numPendingTests } = result;
    if (numPendingTests > 0) console.log(`${numPendingTests} skipped`);
    console.log(`Took ${Math.round((Date.now() - started) / 1000)} s.`);
    console.log(`${numPassedTests} passed, ${numFailedTests + result.numRuntimeErrorTestSuites} failed`);
    return code;
  } finally {
    await stack.stop();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
