import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { checkout } from '../../infra/stack/checkout';
import { provide, run } from '../../infra/stack/pinned';
import type { Stage } from '../stage';

/** A peer cannot be had on this machine; the message says why. Its rows are skipped, and nothing fails. */
export class PeerMissing extends Error {
  override readonly name = 'PeerMissing';
}

const source = join(checkout, 'bench/peers');
const pins = ['package.json', 'package-lock.json'];
const LIMIT_MS = 300_000;

let providing: Promise<string> | undefined;

/**
 * The folder with the peers' packages, fetched by npm into the cache the first time (250 MB, most of it Restate's server).
 * Asked for once per run: what cannot be fetched now cannot be fetched a minute later. Rejects with `PeerMissing`.
 */
export function peerPackages({ onProgress }: Stage): Promise<string> {
  providing ??= provide(
    {
      name: 'bench-peers',
      version: '1',
      pins: pins.map((name) => join(source, name)),
      what: 'fetching the peers of the benchmark with npm (once; 250 MB)',
      build: fetchInto,
    },
    { onProgress, signal: AbortSignal.timeout(LIMIT_MS) },
  ).catch((cause: unknown) => {
    throw new PeerMissing(`the peers cannot be fetched: ${cause instanceof Error ? cause.message : cause}`, { cause });
  });
  return providing;
}

/** Not with `npm ci`, for which a lock file without addresses is incomplete; no script of a package runs. */
async function fetchInto(into: string, signal: AbortSignal): Promise<void> {
  for (const name of pins) await copyFile(join(source, name), join(into, name));
  const quietly = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=1'];
  await run('npm', ['install', ...quietly], { cwd: into, signal });
}

/** Loads a peer's package from where it was fetched to. What comes is untyped: state the few functions that are called. */
export const requireFrom = (folder: string): NodeJS.Require => createRequire(join(folder, 'package.json'));
