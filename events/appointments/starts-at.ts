import { z } from 'zod';
import { instantOf } from '../zoned-time';

/** Adds the instant that local time and zone mean, unless the producer has stated it. Computed here, at the edge, and never again. */
export const withStartsAt = <
  T extends { readonly startsAtLocal: string; readonly timeZone: string; readonly startsAt?: string | undefined },
>(
  data: T,
  context: z.RefinementCtx,
): T & { readonly startsAt: string } => {
  try {
    return { ...data, startsAt: data.startsAt ?? new Date(instantOf(data.startsAtLocal, data.timeZone)).toISOString() };
  } catch {
    context.addIssue({ code: 'custom', path: ['startsAtLocal'], message: 'has no instant in its time zone' });
    return z.NEVER;
  }
};
