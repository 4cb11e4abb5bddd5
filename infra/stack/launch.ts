import type { DataFolder } from './data-folder';
import type { GuardedProcess } from './guarded-process';
import type { Ports } from './ports';
import type { OnProgress } from './progress';

/** One stack on its way up: what each server needs to know, and what has been started so far. */
export interface Launch {
  data: DataFolder;
  ports: Ports;
  onProgress: OnProgress;
  /** Aborts when the stack is stopped or failed: builds under way end then. */
  signal: AbortSignal;
  /** Starts a server that is stopped with the stack; fails when the stack has already been stopped. */
  start(name: string, start: () => Promise<GuardedProcess>): Promise<GuardedProcess>;
}

export interface Running {
  launch: Launch;
  pids(): Record<string, number>;
  /** Stops in the reverse order of starting; each waits for those that may still need it. */
  stopAll(): Promise<void>;
}

export function beginLaunch(data: DataFolder, ports: Ports, onProgress: OnProgress): Running {
  const processes = new Map<string, GuardedProcess>();
  const over = new AbortController();
  return {
    launch: {
      data,
      ports,
      onProgress,
      signal: over.signal,
      async start(name, start) {
        over.signal.throwIfAborted();
        const process = await start();
        if (over.signal.aborted) await process.stop();
        over.signal.throwIfAborted();
        data.livesAsLongAs(name, process.guardPid);
        processes.set(name, process);
        return process;
      },
    },
    pids: () => Object.fromEntries([...processes].map(([name, { pid }]) => [name, pid])),
    async stopAll() {
      over.abort(new Error('the stack has been stopped'));
      if (data.temporary) {
        await Promise.all([...processes.values()].map((process) => process.stop()));
      } else {
        for (const process of [...processes.values()].reverse()) await process.stop();
      }
    },
  };
}
