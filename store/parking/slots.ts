export interface Slots {
  /** Waits for a free slot, first come, first served. The function given back frees it, once. */
  take(): Promise<() => void>;
}

/** At most `size` holders at a time. */
export function createSlots(size: number): Slots {
  let free = size;
  const waiting: (() => void)[] = [];

  const freeOnce = (): (() => void) => {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    };
  };

  return {
    async take() {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      return freeOnce();
    },
  };
}
