import { z } from 'zod';

/** Text of a path or query: PostgreSQL cannot look up NUL, and no name of ours has control characters. */
export const text = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^\P{Cc}*$/u, 'has control characters');
