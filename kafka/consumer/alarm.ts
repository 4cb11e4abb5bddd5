import type { Clock } from '../clock';

/** One timer that is moved: setting the time it has costs nothing. */
export function createAlarm(clock: Clock, ring: () => void): { set(at: number | undefined): void } {
  let armed: { readonly at: number; readonly cancel: () => void } | undefined;
  return {
    set(at) {
      if (at === armed?.at) return;
      armed?.cancel();
      armed = undefined;
      if (at === undefined) return;
      const cancel = clock.after(at - clock.now(), () => {
        armed = undefined;
        ring();
      });
      armed = { at, cancel };
    },
  };
}
