/** Closes what was opened in the reverse order, each one although another fails. */
export interface Closing {
  add(name: string, close: () => Promise<unknown> | unknown): void;
  /** Rejects with all failures once everything was tried. Calling it again is safe. */
  close(): Promise<void>;
}

export function createClosing(): Closing {
  const opened: { name: string; close: () => Promise<unknown> | unknown }[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    const failures: Error[] = [];
    for (const { name, close } of opened.splice(0).reverse()) {
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
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}
