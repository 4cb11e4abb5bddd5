export interface UntilOptions {
  readonly what: string;
  readonly limitMs: number;
  readonly everyMs: number;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Looks until it is so; answers whether it was, within the limit. */
export async function becomes(
  isSo: () => boolean | Promise<boolean>,
  { limitMs, everyMs }: Omit<UntilOptions, 'what'>,
): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    if (await isSo()) return true;
    await pause(everyMs);
  }
  return false;
}

/** Looks until it is so; rejects after the limit. */
export async function until(isSo: () => boolean | Promise<boolean>, options: UntilOptions): Promise<void> {
  if (!(await becomes(isSo, options)))
    throw new Error(`waited ${options.limitMs / 1_000} s in vain for ${options.what}`);
}
