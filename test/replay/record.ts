import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTimeSkipping } from '../../workflows/testing/time-skipping';
import { endings } from './endings';
import { hostScenes } from './hosts';

/**
 * Records the history of every ending on the time-skipping server, one JSON file each:
 * `npm run build && TIME_SKIPPING_SERVER=... node dist/test/replay/record.js test/replay/histories`
 *
 * Histories stand for workflows that run in production: add new ones, and record again only those whose workflows
 * cannot be running any more.
 */
export async function recordHistories(folder: string, only?: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const { name, run } of hostScenes.filter((scene) => only === undefined || scene.name === only)) {
    const platform = await startTimeSkipping();
    try {
      const handle = await run(platform);
      await new Promise((resolve) => setTimeout(resolve, 500)); // the last task may still be under way
      const history = storable(await handle.fetchHistory());
      writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(history, null, 1)}\n`);
      console.log(name);
      await handle.terminate();
    } finally {
      await platform.stop();
    }
  }
  for (const { name, result, run } of endings.filter((ending) => only === undefined || ending.name === only)) {
    const platform = await startTimeSkipping(); // one each: endings hold activities and change the store's answers
    try {
      const { handle } = await run(platform, name);
      const ended = await handle.result();
      if (ended !== result) throw new Error(`${name} ended as ${ended}, not as ${result}`);
      const history = storable(await handle.fetchHistory());
      writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(history, null, 1)}\n`);
      console.log(`${name}: ${result}`);
    } finally {
      await platform.stop();
    }
  }
}

/** Say on which machine it was recorded, and matter to no replay. */
const LEFT_OUT = new Set(['stackTrace', 'identity']);

/**
 * A history as plain JSON that the SDK encodes again: bytes as base64, longs as numbers. (The SDK's own `historyToJSON`
 * fails on maps of bytes: googleapis/proto3-json-serializer-nodejs#103.)
 */
function storable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  if ('low' in value && 'high' in value) return Number(String(value));
  const kept = Object.entries(value).filter(([name, each]) => !LEFT_OUT.has(name) && each !== null);
  return Object.fromEntries(kept.map(([name, each]) => [name, storable(each)]));
}

if (require.main === module) {
  const [folder = 'test/replay/histories', only] = process.argv.slice(2);
  recordHistories(folder, only).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
