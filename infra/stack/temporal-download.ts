import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from './checkout';
import { run } from './pinned';

const limitMs = 120_000;

// In a process of its own: the SDK's runtime exists once per process, and belongs to the worker.
const program = `
const { TestWorkflowEnvironment } = require('@temporalio/testing');
const executable = { type: 'cached-download', version: process.argv[1], downloadDir: process.argv[2] };
TestWorkflowEnvironment.createLocal({ server: { executable } }).then((environment) => environment.teardown());
`;

/** Lets the SDK download Temporal's CLI into the folder, as `temporal`. Works where the internet is open. */
export async function downloadTemporalCli(version: string, into: string, signal: AbortSignal): Promise<void> {
  await run(process.execPath, ['-e', program, '--', version, into], {
    cwd: checkout,
    signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
  });
  const [file] = await readdir(into);
  if (file === undefined) throw new Error('the SDK downloaded nothing');
  await rename(join(into, file), join(into, 'temporal'));
}
