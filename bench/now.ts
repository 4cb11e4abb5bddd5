/** Milliseconds since the epoch, with fractions, never going back within this process. */
export const now = (): number => performance.timeOrigin + performance.now();
