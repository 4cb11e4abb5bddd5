import { z } from 'zod';
import type { Transition } from '../../store/types';

export const transitionSchema = z.object({
  transitionId: z.string(),
  version: z.int(),
  from: z.string().nullable(),
  to: z.string(),
  causes: z
    .array(z.string())
    .describe('Ids of the events that caused it; empty for a deadline or the result of an effect'),
  reason: z.string().optional(),
  data: z.unknown().optional(),
  recordedAt: z.string(),
});

export function transitionView({
  transitionId,
  version,
  from,
  to,
  causes,
  reason,
  data,
  recordedAt,
}: Transition): z.infer<typeof transitionSchema> {
  return {
    transitionId,
    version,
    from,
    to,
    causes: [...causes],
    ...(reason === undefined ? {} : { reason }),
    ...(data === undefined ? {} : { data }),
    recordedAt,
  };
}
