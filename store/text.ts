import { StoreError } from './errors';

const unstorable = /\0|\p{Surrogate}/u;
const everyUnstorable = /\0|\p{Surrogate}/gu;

/** PostgreSQL keeps neither NUL nor half a surrogate pair in text. Throws `unstorable-text` with the field's name. */
export function requireStorable(fields: Readonly<Record<string, string | null | undefined>>): void {
  for (const [field, text] of Object.entries(fields)) {
    if (text !== null && text !== undefined && unstorable.test(text)) {
      throw new StoreError('unstorable-text', `${field} holds NUL or half a surrogate pair`, { field });
    }
  }
}

/** An index entry holds 2,700 bytes: a subject and an event id side by side. */
const longestIdBytes = 1_000;

/** Like `requireStorable`, for what is looked up by an index. */
export function requireIndexable(ids: Readonly<Record<string, string>>): void {
  requireStorable(ids);
  for (const [field, id] of Object.entries(ids)) {
    if (Buffer.byteLength(id) > longestIdBytes) {
      throw new StoreError('unstorable-text', `${field} is longer than ${longestIdBytes} bytes`, { field });
    }
  }
}

/** Longest text that still fits an index beside another one; counted in UTF-16 units. */
const longest = 300;

/**
 * For logs of what came in, which must be written whatever it was: the unstorable becomes U+FFFD, the overlong is cut.
 * Look-ups go through it too.
 */
export function storable(text: string, limit = longest): string {
  const cut = text.length > limit ? text.slice(0, limit) : text;
  return cut.replace(everyUnstorable, '\uFFFD');
}

export const storableOrNull = (text: string | null, limit = longest): string | null =>
  text === null ? null : storable(text, limit);
