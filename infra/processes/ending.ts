/** How a command that people start is ended: by Ctrl-C, or because a part of it failed. */
export interface Ending {
  /** A signal: the first one asks to end in order, the next one ends at once. */
  interrupted(code: number): void;
  /** A part is lost: asks to end in order, unless that is under way. */
  failed(): void;
  /** From now on there is something to end in order; resolves with the exit code when asked to. Before that, asking ends at once. */
  asked(): Promise<number>;
}

/** Said at a Ctrl-C before there is anything to end in order. */
export const INTERRUPTED_EARLY = 'interrupted while starting: the servers that have started end now';

export function createEnding(exit: (code: number) => void, say: (line: string) => void): Ending {
  let resolve: ((code: number) => void) | undefined;
  let ending = false;
  const ask = (code: number) => {
    if (resolve === undefined) return exit(code);
    ending = true;
    resolve(code);
  };
  return {
    interrupted: (code) => {
      if (ending) return exit(code);
      if (resolve === undefined) say(INTERRUPTED_EARLY);
      ask(code);
    },
    failed: () => {
      if (!ending) ask(1);
    },
    asked: () =>
      new Promise((resolved) => {
        resolve = resolved;
      }),
  };
}

/** Hears the signals of this process. While nothing is to be ended in order, the servers' guards end what has started. */
export function endingBySignals(codeOf: (signal: NodeJS.Signals) => number): Ending {
  const ending = createEnding((code) => process.exit(code), console.error);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => ending.interrupted(codeOf(signal)));
  return ending;
}
