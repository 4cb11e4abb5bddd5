import { startStack } from '../index';

/** Starts a stack with its data in the folder given, tells its parent the addresses and pids, and holds it. */
async function main(): Promise<void> {
  const dataDir = process.argv[3] ?? 'temporary';
  const { stop: _, ...addresses } = await startStack({ dataDir, onProgress: (line) => console.error(line) });
  process.send?.(addresses);
  setInterval(() => undefined, 60_000);
}

void main();
