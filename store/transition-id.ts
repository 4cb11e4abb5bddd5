import { v5 as uuidv5 } from 'uuid';

/** Namespace of transition ids. Never changes: the ids of published events depend on it. */
export const TRANSITION_NAMESPACE = '5b1f0c1e-6a3e-5d0e-9b53-6f0f4e2d7a11';

/** UUIDv5 of subject and version: the same move has the same id, however often it is recorded. */
export const transitionId = (subject: string, version: number): string =>
  uuidv5(`${subject}#${version}`, TRANSITION_NAMESPACE);
