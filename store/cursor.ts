import { StoreError } from './errors';

/** Place in a list ordered by time and id, newest or oldest first. */
export interface Cursor {
  /** Instant in UTC with milliseconds, as the row has it. */
  readonly at: string;
  readonly id: string;
}

export const encodeCursor = ({ at, id }: Cursor): string => Buffer.from(JSON.stringify([at, id])).toString('base64url');

const bad = (): StoreError => new StoreError('bad-cursor', 'The cursor is not one that this list gave out');

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Throws `bad-cursor`. */
export function decodeCursor(text: string): Cursor {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    throw bad();
  }
  if (!Array.isArray(parsed) || parsed.length !== 2) throw bad();
  const [at, id]: unknown[] = parsed;
  if (typeof at !== 'string' || typeof id !== 'string' || !instant.test(at) || id.includes('\0')) throw bad();
  if (Number.isNaN(Date.parse(at))) throw bad();
  return { at, id };
}

/** One more row than asked for tells whether another page follows. */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  place: (row: T) => Cursor,
): { items: readonly T[]; next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? encodeCursor(place(last)) : null };
}
