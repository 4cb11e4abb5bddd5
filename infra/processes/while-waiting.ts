import type { Logger } from '@millrace/kafka';

const FIRST_MS = 1_000;
const THEN_EVERY_MS = 5_000;

/** Says in the log what a process that starts is waiting for, when it takes more than a moment, and every few seconds from then on. */
export async function toldWhileWaiting<T>(logger: Logger, what: string, work: Promise<T>): Promise<T> {
  const began = Date.now();
  const tell = () => {
    logger.warn({ seconds: Math.round((Date.now() - began) / 1000) }, `waiting for ${what}`);
    timer = setTimeout(tell, THEN_EVERY_MS);
  };
  let timer = setTimeout(tell, FIRST_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
