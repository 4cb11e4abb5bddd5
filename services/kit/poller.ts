import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@millrace/kafka';

/** How a round of work ended. `nextMs`: when the next work is known to be due. */
export type Round = { readonly found: true } | { readonly found: false; readonly nextMs?: number | undefined };

export interface Poller {
  start(): void;
  /** Something was committed: look now. Does not cut short the pause after a failure. */
  wake(): void;
  /** Resolves when the round under way is over. */
  stop(): Promise<void>;
}

export interface PollerOptions {
  readonly name: string;
  readonly work: () => Promise<Round>;
  readonly logger: Logger;
  readonly random?: () => number;
}

const SHORTEST_MS = 20;
const LONGEST_MS = 1_000;
const LONGEST_AFTER_FAILURE_MS = 5_000;

/** The pause after the n-th round in a row (n from 1) that found nothing: doubles up to a second, no longer than to what is due. */
export const pauseWhenIdle = (idleRounds: number, nextMs = LONGEST_MS): number =>
  Math.max(0, Math.min(SHORTEST_MS * 2 ** (idleRounds - 1), LONGEST_MS, Math.ceil(nextMs)));

/** The pause after the n-th failure in a row: doubles up to five seconds; between half of it and all of it. */
export const pauseAfterFailure = (failures: number, random: () => number): number =>
  Math.min(100 * 2 ** (failures - 1), LONGEST_AFTER_FAILURE_MS) * (0.5 + random() / 2);

/** Works while there is work, polls ever more slowly when there is none, backs off when it fails. Never two rounds at once. */
export function createPoller({ name, work, logger, random = Math.random }: PollerOptions): Poller {
  const stopping = new AbortController();
  let wakeUp = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const pause = (ms: number, ...until: AbortSignal[]) =>
    sleep(ms, undefined, { signal: AbortSignal.any([stopping.signal, ...until]) }).catch(() => undefined);

  async function run(): Promise<void> {
    let idleRounds = 0;
    let failures = 0;
    while (!stopping.signal.aborted) {
      wakeUp = new AbortController();
      try {
        const round = await work();
        failures = 0;
        idleRounds = round.found ? 0 : idleRounds + 1;
        if (!round.found) await pause(pauseWhenIdle(idleRounds, round.nextMs), wakeUp.signal);
      } catch (error) {
        failures += 1;
        logger.warn({ poller: name, failures, err: error }, 'will try again');
        await pause(pauseAfterFailure(failures, random));
      }
    }
  }

  return {
    start() {
      running = run();
    },
    wake: () => wakeUp.abort(),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
