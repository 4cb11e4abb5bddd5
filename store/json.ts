import type { Json } from './types';

const isList = (json: Json | undefined): json is readonly Json[] => Array.isArray(json);

const sameList = (a: readonly Json[], b: readonly Json[]): boolean =>
  a.length === b.length && a.every((item, index) => sameJson(item, b[index]));

const sameObject = (a: { readonly [key: string]: Json }, b: { readonly [key: string]: Json }): boolean => {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  );
};

/** Equal in meaning: the order of an object's keys does not count. Both sides must have come out of `JSON.parse`. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a === null || b === null) return false;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (isList(a) || isList(b)) return isList(a) && isList(b) && sameList(a, b);
  return sameObject(a, b);
}

/** What will be read back after `json` was stored: no undefined fields, no negative zero. */
export const asStored = (json: Json): Json => JSON.parse(JSON.stringify(json)) as Json;
