import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Programs of the machine that the embedded servers are fetched, built or run with; undefined when not there or too old. */
export interface Programs {
  java(): string | undefined;
  maven(): string | undefined;
  go(): string | undefined;
  temporal(): string | undefined;
  containers(): string | undefined;
}

const oldestJava = 17;
const oldestGo = 24; // 1.24: the first that knows `tool` lines; it fetches a newer one by itself when a go.mod asks for it

export const programs: Programs = {
  java: once(() => {
    const home = process.env['JAVA_HOME'];
    const candidates = home ? [join(home, 'bin/java'), 'java'] : ['java'];
    return candidates.find((java) => Number(/version "(\d+)/.exec(answer(java, '-version'))?.[1] ?? 0) >= oldestJava);
  }),
  maven: once(() => (/Apache Maven 3|Apache Maven 4/.test(answer('mvn', '-version')) ? 'mvn' : undefined)),
  go: once(() => (Number(/go1\.(\d+)/.exec(answer('go', 'version'))?.[1] ?? 0) >= oldestGo ? 'go' : undefined)),
  temporal: once(() => (/^temporal version 1\./m.test(answer('temporal', '--version')) ? 'temporal' : undefined)),
  containers: once(() => {
    const answers = answer('docker', 'info', '--format', 'server {{.ServerVersion}}').match(/^server \S+/m);
    return answers && /version/i.test(answer('docker', 'compose', 'version')) ? 'docker' : undefined;
  }),
};

function answer(program: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: 'utf8', timeout: 20_000 });
  return status === 0 ? `${stdout}\n${stderr}` : '';
}

function once<T>(ask: () => T): () => T {
  let known: { answer: T } | undefined;
  return () => {
    known ??= { answer: ask() };
    return known.answer;
  };
}
