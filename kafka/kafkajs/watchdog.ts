import type { Clock } from '../clock';

/** Calls `silent` once when nobody has called `alive` for `afterMs`. */
export function createWatchdog(clock: Clock, afterMs: number, silent: () => void): { alive(): void; stop(): void } {
  let last = clock.now();
  let cancel = clock.after(afterMs, look);
  function look(): void {
    const left = last + afterMs - clock.now();
    if (left <= 0) silent();
    else cancel = clock.after(left, look);
  }
  return {
    alive() {
      last = clock.now();
    },
    stop: () => cancel(),
  };
}
