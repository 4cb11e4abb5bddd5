import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { checkout } from '../../infra/stack/checkout';

/** What a figure means nothing without, a line each. */
export function describeMachine(how: Readonly<Record<string, string>>): string[] {
  const [cpu] = cpus();
  const { version: sdk }: { version: string } = require('@temporalio/worker/package.json');
  const { version: kafkajs }: { version: string } = require('kafkajs/package.json');
  return [
    `date      ${new Date().toISOString()}, commit ${commit()}`,
    `machine   ${cpus().length} x ${cpu?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`,
    `versions  Node ${process.versions.node}, Temporal SDK ${sdk}, kafkajs ${kafkajs}`,
    ...Object.entries(how).map(([server, way]) => `${server.padEnd(9)} ${way}`),
    `load      ${loadavg()[0]?.toFixed(1)} before the first measurement`,
  ];
}

function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: checkout, encoding: 'utf8', stdio: 'pipe' }).trim();
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? ' with changes' : ''}`;
  } catch {
    return 'unknown';
  }
}
