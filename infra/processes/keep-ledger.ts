import type { Logger } from '@millrace/kafka';
import { StoreError } from '../../store/errors';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/**
 * Makes the ledger's partitions ahead of time and drops those that are old: now, then every hour, a minute after a failure.
 * What goes away by itself, such as a lock that a long reader holds, stops nothing: rows are written without it. Anything
 * else rejects the first time. Answers what ends it.
 */
export async function keepLedger(maintain: () => Promise<void>, logger: Logger): Promise<() => void> {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const tend = async (first: boolean): Promise<void> => {
    let nextMs = HOUR_MS;
    try {
      await maintain();
    } catch (error) {
      if (first && !(error instanceof StoreError && error.transient)) throw error;
      logger.warn({ err: error }, 'the ledger was not maintained; tried again in a minute');
      nextMs = MINUTE_MS;
    }
    if (!ended) timer = setTimeout(() => void tend(false), nextMs);
  };
  await tend(true);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
