import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { type Failure, report, simulate } from './simulate';

/**
 * `npm run simulate -- --seeds 100000` plays that many scenarios, from `--from` (default 1) on, on all cores;
 * `--seed N [--path P]` plays one again. Exit code 1 if one fails; the first failures are shrunk and printed.
 */
const SHARE = 200;
const TELL_EVERY_MS = 2_000;
const FAILURES_SHOWN = 3;

const share = z.object({ from: z.number(), until: z.number() });

function numberOf(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? otherwise : Number(process.argv[at + 1]);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} wants a number`);
  return value;
}

async function failuresIn({ from, until }: z.infer<typeof share>): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (let seed = from; seed < until && failures.length < FAILURES_SHOWN; seed += 1) {
    const failure = await simulate(seed);
    if (failure !== undefined) failures.push(failure);
  }
  return failures;
}

/** One share of the seeds in a thread of its own: nothing leaks from share to share. */
function inThread(seeds: z.infer<typeof share>): Promise<readonly Failure[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: seeds });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error(`the thread of seeds ${seeds.from} ff. ended without a result`)));
  });
}

async function playMany(from: number, seeds: number): Promise<number> {
  const began = Date.now();
  const until = from + seeds;
  const failures: Failure[] = [];
  let [next, done] = [from, 0];
  const line = () => {
    const seconds = (Date.now() - began) / 1_000;
    return `${done} of ${seeds} seeds, ${failures.length} failed, ${seconds.toFixed(0)} s, ${(done / seconds).toFixed(0)}/s`;
  };
  const telling = setInterval(() => console.error(line()), TELL_EVERY_MS);
  const takeShares = async (): Promise<void> => {
    while (next < until && failures.length < FAILURES_SHOWN) {
      const mine = { from: next, until: Math.min(until, next + SHARE) };
      next = mine.until;
      const found = await inThread(mine);
      for (const failure of found) console.log(report(failure));
      failures.push(...found);
      done += mine.until - mine.from;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, takeShares));
  clearInterval(telling);
  console.log(line());
  return failures.length > 0 ? 1 : 0;
}

async function playOne(seed: number): Promise<number> {
  const at = process.argv.indexOf('--path');
  const failure = await simulate(seed, at < 0 ? undefined : process.argv[at + 1]);
  console.log(failure === undefined ? `seed ${seed} passes` : report(failure));
  return failure === undefined ? 0 : 1;
}

async function main(): Promise<number> {
  return process.argv.includes('--seed')
    ? playOne(numberOf('seed', 1))
    : playMany(numberOf('from', 1), numberOf('seeds', 10_000));
}

if (isMainThread) {
  main().then(
    (code) => process.exit(code),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(2);
    },
  );
} else {
  failuresIn(share.parse(workerData)).then((failures) => parentPort?.postMessage(failures));
}
