/** Closes what was opened in the reverse order, each one although another fails. */
export interface Closing {
  add(name: string, close: () => Promise<unknown> | unknown): void;
  /**
   * Rejects with all failures once everything was tried; or, with a limit in milliseconds, when it is over, naming what it
   * hangs on. Calling it again is safe.
   */
  close(limitMs?: number): Promise<void>;
}

export function createClosing(): Closing {
  const opened: { name: string; close: () => Promise<unknown> | unknown }[] = [];
  let closing: Promise<void> | undefined;
  let current = 'nothing';
  const closeAll = async () => {
    const failures: Error[] = [];
    for (const { name, close } of opened.splice(0).reverse()) {
      current = name;
      try {
        await close();
      } catch (cause) {
        failures.push(new Error(`${name} did not close in order`, { cause }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
  };
  return {
    add: (name, close) => opened.push({ name, close }),
    close: (limitMs) => {
      closing ??= closeAll();
      return limitMs === undefined ? closing : within(closing, limitMs, () => current);
    },
  };
}

function within(closing: Promise<void>, limitMs: number, current: () => string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${current()} did not close within ${limitMs / 1000} s`)), limitMs);
  });
  return Promise.race([closing, over]).finally(() => clearTimeout(timer));
}
