import { execFileSync, spawnSync } from 'node:child_process';
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

/** Broken code may hang, or leave something open that keeps jest: both are noticed, and neither may hold up the rest. */
const LONGEST_MS = 240_000;

function jest(copy: string, { project, tests }: Mutant): { red: boolean; report: string } {
  const run = spawnSync(
    process.execPath,
    [
      join(checkout, 'node_modules/jest/bin/jest.js'),
      '--selectProjects',
      project,
      '--runInBand',
      '--forceExit',
      '--testPathPatterns',
      ...tests,
    ],
    { cwd: copy, encoding: 'utf8', timeout: LONGEST_MS, killSignal: 'SIGKILL' },
  );
  return {
    red: run.status !== 0,
    report: run.signal === null ? run.stderr : `● does not end in ${LONGEST_MS / 1_000} s`,
  };
}

const firstFailure = (report: string) => /● (.+)/.exec(report)?.[1] ?? 'no test is named';

/**
 * Breaks the code, one mutant after the other, and runs the tests that should notice: they have to be green before and red after.
 * Answers one line per mutant; the integration tests take their servers from the environment.
 */
export function runMutants(): { readonly lines: readonly string[]; readonly survived: number } {
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
      const before = green.has(mutant.tests.join()) ? undefined : jest(copy, mutant);
      if (before?.red) throw new Error(`${mutant.name}: its tests fail without it: ${firstFailure(before.report)}`);
      green.add(mutant.tests.join());
      writeFileSync(
        file,
        sound.replace(mutant.find, () => mutant.replace),
      );
      const { red, report } = jest(copy, mutant);
      writeFileSync(file, sound);
      if (!red) survived += 1;
      lines.push(`${red ? 'caught  ' : 'SURVIVED'}  ${mutant.name}${red ? `  by: ${firstFailure(report)}` : ''}`);
    }
    return { lines, survived };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
