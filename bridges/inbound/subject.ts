import type { SubjectRef } from '../../store/types';

/** Temporal's limit for a workflow id is 1,000 bytes; PostgreSQL's index rows end near 2,700. */
const MAX_SUBJECT_BYTES = 900;
/** What TransitionRecorded carries. */
const MAX_SUBJECT_LENGTH = 500;

/** A subject that cannot be named: the event that asked for it is a dead letter. */
export class SubjectError extends Error {
  override readonly name = 'SubjectError';
  constructor(
    readonly code: 'no-key' | 'subject-too-long',
    message: string,
  ) {
    super(message);
  }
}

/**
 * One part of a subject. '%', '/' and control characters are percent-encoded, everything else stays readable, so that
 * ('a/b', 'c') and ('a', 'b/c') are two subjects and two parts never make the same one.
 */
const segment = (text: string): string => text.replace(UNSAFE, encodeURIComponent);

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is encoded
const UNSAFE = /[%/\u0000-\u001f\u007f]/g;

/** `<target>/<tenantId>/<key>`. Routes give the key, the platform puts target and tenant before it: no route reaches another tenant. */
export function subjectRef(target: string, tenantId: string, key: string): SubjectRef {
  if (key === '') throw new SubjectError('no-key', `the route to ${target} gave an empty key`);
  const subject = `${target}/${segment(tenantId)}/${segment(key)}`;
  const bytes = Buffer.byteLength(subject);
  if (bytes > MAX_SUBJECT_BYTES || subject.length > MAX_SUBJECT_LENGTH) {
    throw new SubjectError('subject-too-long', `the subject has ${subject.length} characters in ${bytes} bytes`);
  }
  return { subject, target, tenantId, key };
}
