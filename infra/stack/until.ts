import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from './stack-error';

const attemptMs = 5_000;
const pauseMs = 100;

/**
 * Repeats `ask` until it answers without an error. Gives up after `limitMs`, or as soon as `ended` says that the server
 * behind it has ended: with the last failure as cause.
 */
export async function untilAnswers<T>(
  what: string,
  ask: () => Promise<T>,
  { limitMs, ended }: { limitMs: number; ended?: Promise<string> | undefined },
): Promise<T> {
  const deadline = Date.now() + limitMs;
  let over: string | undefined;
  void ended?.then((how) => {
    over = how;
  });
  let last: unknown;
  while (Date.now() < deadline) {
    if (over !== undefined) throw new StackError('start-failed', `${what} ended while it started: ${over}`);
    try {
      return await withinAttempt(ask());
    } catch (failure) {
      last = failure;
    }
    await sleep(pauseMs);
  }
  const reason = last instanceof Error ? last.message : String(last);
  throw new StackError('not-ready', `${what} did not answer within ${limitMs / 1000} s: ${reason}`, { cause: last });
}

/** A client may hang on a server that is half up: the attempt then counts as failed. */
function withinAttempt<T>(attempt: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer yet')), attemptMs);
    attempt.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
