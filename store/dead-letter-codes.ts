import { DECODE_FAULT_CODES } from '@millrace/events';

/** Why the platform gives an event up; docs/runbooks/dead.md says what to do about each. Services that consume may add codes of their own. */
export const DEAD_LETTER_CODES = [
  ...DECODE_FAULT_CODES,
  'late',
  'never-started',
  'refused',
  'no-key',
  'subject-too-long',
  'route-failed',
  'unstorable-text',
  /** By a consumer of `subscribe`. */
  'attempts-exhausted',
  /** A record of a dead-letter topic that does not say. */
  'unknown',
] as const;

export type DeadLetterCode = (typeof DEAD_LETTER_CODES)[number];
