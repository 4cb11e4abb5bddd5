import threads from 'node:worker_threads';

/** Runs first in each thread: without the hook the SDK keeps no stacks, as it does where the runtime has none. */
const WITHOUT_STACKS = require.resolve('./without-promise-stacks');

/**
 * Creates a worker whose workflow threads keep no stack trace of every promise that a workflow makes: that is more than
 * half of the CPU time that they take (docs/benchmarks.md), and serves only the Stack Trace tab of the Web UI, which then
 * says that traces are not enabled. Errors keep theirs. The SDK has no option for it.
 */
export async function withoutPromiseStacks<W>(create: () => Promise<W>): Promise<W> {
  const Original = threads.Worker;
  threads.Worker = class extends Original {
    constructor(file: string | URL, options: threads.WorkerOptions = {}) {
      super(file, { ...options, execArgv: ['--require', WITHOUT_STACKS] });
    }
  };
  try {
    return await create();
  } finally {
    threads.Worker = Original;
  }
}
