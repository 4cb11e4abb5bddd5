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
