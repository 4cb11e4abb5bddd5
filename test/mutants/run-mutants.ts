import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout } from '../../infra/stack/checkout';
import { type Mutant, mutants } from './mutants';

/** A copy of the checkout as it is committed and changed, to be broken. Shares node_modules. */
function copyOfCheckout(): string {
  const copy = mkdtempSync(join(tmpdir(), 'millrace-mutants-'));
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: checkout,
  });
  execFileSync('tar', ['--null', '--ignore-failed-read', '-T', '-', '-cf', join(copy, 'tree.tar')], {
    cwd: checkout,
    input: files,
  });
  execFileSync('tar', ['-xf', 'tree.tar'], { cwd: copy });
  symlinkSync(join(checkout, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Variables that tell integration tests where their servers are. */
type Servers = Readonly<Record<string, string>>;

/** Broken code may hang, or leave something open that keeps jest: both are noticed, and neither may hold up the rest. */
const LONGEST_MS = 240_000;

const JEST = ['node_modules/jest/bin/jest.js', '--runInBand', '--forceExit'];

function jest(
  copy: string,
  { project, tests }: Mutant,
  servers: Servers,
): Promise<{ failed: boolean; report: string }> {
  const args = [...JEST, '--selectProjects', project, '--testPathPatterns', ...tests];
  const options = {
    cwd: copy,
    env: { ...process.env, ...servers },
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 1024 * 1024,
  } as const;
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (failure, _, report) =>
      resolve({
        failed: failure !== null,
        report: failure?.signal ? `● does not end in ${LONGEST_MS / 1_000} s` : report,
      }),
    );
  });
}

/** Undefined if no test has failed: code that cannot even be loaded is noticed by anybody, and shows nothing of the tests. */
const firstFailure = (report: string) => /● (?!Test suite failed to run)(.+)/.exec(report)?.[1];

/**
 * Breaks the code, one mutant after the other, and runs the tests that should notice: they have to be green before and red after.
 * Answers one line per mutant.
 */
export async function runMutants(
  servers: Servers,
): Promise<{ readonly lines: readonly string[]; readonly survived: number }> {
  const copy = copyOfCheckout();
  const lines: string[] = [];
  const green = new Set<string>();
  let survived = 0;
  try {
    for (const mutant of mutants) {
      const file = join(copy, mutant.file);
      const sound = readFileSync(file, 'utf8');
      if (sound.split(mutant.find).length !== 2)
        throw new Error(`${mutant.name}: its line is not in ${mutant.file} exactly once`);
      const before = green.has(mutant.tests.join()) ? undefined : await jest(copy, mutant, servers);
      if (before?.failed)
        throw new Error(`${mutant.name}: its tests fail without it: ${firstFailure(before.report) ?? before.report}`);
      green.add(mutant.tests.join());
      writeFileSync(
        file,
        sound.replace(mutant.find, () => mutant.replace),
      );
      const { failed, report } = await jest(copy, mutant, servers);
      writeFileSync(file, sound);
      const by = failed ? firstFailure(report) : undefined;
      if (by === undefined) survived += 1;
      lines.push(by === undefined ? `SURVIVED  ${mutant.name}` : `caught    ${mutant.name}  by: ${by}`);
    }
    return { lines, survived };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
