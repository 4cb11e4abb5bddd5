import type { Clock } from '../clock';

/** A clock that goes when it is told to; callbacks run in the order of their times. */
export function fakeClock(start = 1_000_000): Clock & { advance(ms: number): Promise<void>; pending(): number } {
  let now = start;
  let alarms: { at: number; call: () => void }[] = [];
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    now: () => now,
    after(ms, call) {
      const alarm = { at: now + Math.max(0, ms), call };
      alarms.push(alarm);
      return () => {
        alarms = alarms.filter((one) => one !== alarm);
      };
    },
    pending: () => alarms.length,
    async advance(ms) {
      const until = now + ms;
      await settled();
      for (;;) {
        const next = alarms.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        alarms = alarms.filter((one) => one !== next);
        now = Math.max(now, next.at);
        next.call();
        await settled();
      }
      now = until;
      await settled();
    },
  };
}

/** A promise to be settled from outside. */
export function later<T>(): { readonly promise: Promise<T>; resolve(value: T): void; reject(error: unknown): void } {
  let resolve = (_: T): void => {};
  let reject = (_: unknown): void => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
