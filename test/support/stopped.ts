import { readdirSync, readFileSync } from 'node:fs';

/** This process and what it has started, and so on: PostgreSQL has a process for each connection. */
function familyOf(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The name of the program, in parentheses, may hold anything; then come state and parent.
        const [, parent] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
        return [{ pid: Number(name), parent: Number(parent) }];
      } catch {
        return []; // it ended meanwhile
      }
    });
  const children = parents.filter(({ parent }) => parent === pid);
  return [pid, ...children.flatMap((child) => familyOf(child.pid))];
}

/** Stops a server with all its processes, so that connections stay open and nothing is answered, while `meanwhile` runs. */
export async function whileStopped(pid: number, meanwhile: () => Promise<void>): Promise<void> {
  const family = familyOf(pid);
  const tell = (signal: NodeJS.Signals) => {
    for (const one of family) process.kill(one, signal);
  };
  tell('SIGSTOP');
  try {
    await meanwhile();
  } finally {
    tell('SIGCONT');
  }
}
