import { EventEmitter } from 'node:events';
import v8 from 'node:v8';
import threads from 'node:worker_threads';
import { ThreadedVMWorkflowCreator } from '@temporalio/worker/lib/workflow/threaded-vm';
import { GlobalHandlers } from '@temporalio/worker/lib/workflow/vm-shared';
import { withoutPromiseStacks } from './workflow-threads';

/** What `install()` of the SDK does in each workflow thread; here, in this one. */
function installed(): boolean {
  const handlers = new GlobalHandlers();
  try {
    handlers.install();
    return handlers.promiseHookInstalled;
  } finally {
    handlers.uninstall();
  }
}

describe("the SDK's stacks of every promise", () => {
  const { createHook } = v8.promiseHooks;
  const { warn } = console;
  const warned = jest.fn();

  beforeEach(() => {
    jest.resetModules();
    warned.mockReset();
    console.warn = warned;
  });
  afterEach(() => {
    v8.promiseHooks.createHook = createHook;
    console.warn = warn;
  });

  it('are kept by a promise hook, unless something is done about it', () => {
    expect(installed()).toBe(true);
  });

  it('are switched off without a word, and warnings that come afterwards are heard', () => {
    require('./without-promise-stacks');
    expect(installed()).toBe(false);
    expect(warned).not.toHaveBeenCalled();
    console.warn('something else');
    expect(warned).toHaveBeenCalledWith('something else');
  });

  it("are all that is switched off: Node's own hooks, and those of others, stay", () => {
    require('./without-promise-stacks');
    const seen = jest.fn();
    const stop = v8.promiseHooks.createHook({ init: seen });
    void Promise.resolve();
    stop();
    expect(seen).toHaveBeenCalled();
  });
});

describe('workflow threads', () => {
  const { Worker } = threads;
  const started: { file: string; execArgv: readonly string[] | undefined }[] = [];

  /** Takes every request, as the SDK's own thread would. */
  class Thread extends EventEmitter {
    constructor(file: string | URL, { execArgv }: threads.WorkerOptions = {}) {
      super();
      started.push({ file: String(file), execArgv });
    }
    postMessage({ requestId }: { requestId: bigint }): void {
      setImmediate(() => this.emit('message', { requestId, result: { type: 'ok' } }));
    }
  }

  beforeEach(() => {
    started.length = 0;
    Object.assign(threads, { Worker: Thread });
  });
  afterEach(() => Object.assign(threads, { Worker }));

  const create = () =>
    ThreadedVMWorkflowCreator.create({
      threadPoolSize: 2,
      workflowBundle: { code: '', sourceMap: Object.create(null), filename: 'bundle.js' },
      isolateExecutionTimeoutMs: 1_000,
      reuseV8Context: true,
      registeredActivityNames: new Set(),
      logger: Object.create(null),
    });

  it('run first what switches the stacks off', async () => {
    await withoutPromiseStacks(create);
    const thread = {
      file: expect.stringMatching(/workflow-worker-thread/),
      execArgv: ['--require', expect.stringMatching(/without-promise-stacks/)],
    };
    expect(started).toEqual([thread, thread]);
  });

  it('are as the SDK makes them once the worker is created', async () => {
    await withoutPromiseStacks(create);
    await create();
    expect(started[2]?.execArgv).toBeUndefined();
  });
});
