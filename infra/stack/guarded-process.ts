import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { StackError } from './stack-error';

/**
 * The guard: a shell between us and a server. It holds a pipe to us; when that closes, because we asked, ended, or were
 * killed, it stops the server, and after the grace period kills what is left of the process group. A shell, because it
 * costs one megabyte, and outlives a `killall -9 node`.
 */
const guard = `
stop=$1 grace=$2; shift 2
"$@" 3>&- </dev/null &
server=$!
trap 'kill -s "$stop" $server' TERM INT HUP
trap '' PIPE
echo "pid $server" >&3
(
  trap - TERM INT HUP
  read -r _ <&3
  kill -s "$stop" $server
  left=$grace
  while [ "$left" -gt 0 ] && kill -0 $server; do sleep 0.1; left=$((left - 1)); done
  kill -s KILL 0
) 2>/dev/null >&2 &
while :; do wait $server; code=$?; kill -0 $server 2>/dev/null || break; done
echo "exit $code" >&3
kill -s KILL 0
`;

export interface ProcessSpec {
  name: string;
  command: string;
  args: readonly string[];
  env?: Record<string, string>;
  cwd?: string;
  /** Both streams go to the end of this file. */
  log: string;
  /** The signal that makes it end in order, and how long it may take until it is killed. */
  stop: 'TERM' | 'INT' | 'QUIT' | 'KILL';
  graceMs: number;
  user?: { uid: number; gid: number } | undefined;
}

export interface GuardedProcess {
  pid: number;
  /** The guard's own pid: as long as it lives, the server may. */
  guardPid: number;
  /** Resolves when the server has ended, with how ("exit code 1") and the end of its log. */
  ended: Promise<string>;
  /** The exit code of a process that is expected to end; keeps this process alive until then. */
  waitForExit(): Promise<number>;
  /** Ends the server; resolves when nothing of it is left. Calling it again, or on an ended one, is safe. */
  stop(): Promise<void>;
}

/** Starts a process that cannot outlive this one. Resolves as soon as it runs; whether it answers is for others to ask. */
export async function startGuarded(spec: ProcessSpec): Promise<GuardedProcess> {
  const log = openSync(spec.log, 'a');
  const shell = spawn(
    '/bin/sh',
    [
      '-c',
      guard,
      `millrace-guard-${spec.name}`,
      spec.stop,
      String(Math.ceil(spec.graceMs / 100)),
      spec.command,
      ...spec.args,
    ],
    {
      detached: true, // its own session: Ctrl-C reaches us, and we stop the servers in order
      stdio: ['ignore', log, log, 'pipe'],
      env: { ...process.env, ...spec.env },
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      ...spec.user,
    },
  );
  closeSync(log);
  const pipe = shell.stdio[3];
  if (!(pipe instanceof Socket)) throw new Error('the guard has no pipe');
  const said = lines(pipe);
  const gone = new Promise<void>((resolve, reject) => {
    shell.once('error', reject).once('close', () => resolve());
  });
  const pid = await Promise.race([said.pid, gone.then(() => undefined)]);
  if (pid === undefined || shell.pid === undefined) {
    throw new StackError('start-failed', `${spec.name} could not be started: ${tail(spec.log)}`);
  }
  shell.unref();
  pipe.unref();
  const exitCode = gone.then(() => said.exitCode());
  return {
    pid,
    guardPid: shell.pid,
    waitForExit() {
      shell.ref();
      pipe.ref();
      return exitCode;
    },
    ended: exitCode.then((code) => `exit code ${code}\n${tail(spec.log)}`),
    async stop() {
      shell.ref();
      pipe.ref();
      pipe.end();
      await gone;
    },
  };
}

function lines(pipe: Socket): { pid: Promise<number>; exitCode(): number } {
  let text = '';
  const pid = new Promise<number>((resolve) => {
    pipe.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /^pid (\d+)$/m.exec(text);
      if (found) resolve(Number(found[1]));
    });
    pipe.on('error', () => undefined); // the guard is gone: its exit tells
  });
  return { pid, exitCode: () => Number(/^exit (\d+)$/m.exec(text)?.[1] ?? 137) };
}

/** The last lines of a log, for an error message. */
export function tail(log: string): string {
  try {
    return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
  } catch {
    return '';
  }
}
