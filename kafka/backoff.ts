export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** Doubles from attempt to attempt; the jitter takes off up to half, so that those who failed together do not come back together. */
export const backoffMs = ({ initialMs, maxMs }: Backoff, attempt: number, random: () => number): number =>
  Math.round(Math.min(maxMs, initialMs * 2 ** Math.min(30, attempt - 1)) * (1 - random() / 2));
