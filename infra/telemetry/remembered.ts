export interface RememberedOptions {
  /** Milliseconds for which an answer is good enough. */
  readonly forMs: number;
  /** Milliseconds that one caller waits; the answer is remembered although it comes later. */
  readonly withinMs: number;
  readonly now?: () => number;
}

/**
 * Asks at most every `forMs`, however many callers there are and however slow the answer is. Answers undefined when there
 * is none in time, or when asking failed: a number from before the failure would look like one of now.
 */
export function remembered<T>(
  ask: () => Promise<T>,
  { forMs, withinMs, now = Date.now }: RememberedOptions,
): () => Promise<T | undefined> {
  let answer: { readonly at: number; readonly value: T | undefined } | undefined;
  let asking: Promise<T | undefined> | undefined;

  const refresh = async (): Promise<T | undefined> => {
    const value = await ask().catch(() => undefined);
    answer = { at: now(), value };
    asking = undefined;
    return value;
  };

  return async () => {
    if (answer !== undefined && now() - answer.at < forMs) return answer.value;
    asking ??= refresh();
    return within(asking, withinMs);
  };
}

async function within<T>(answer: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
