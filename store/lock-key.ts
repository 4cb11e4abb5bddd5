import { createHash } from 'node:crypto';

/** What advisory locks are taken on. One 64-bit space for all of them in a database, so the kind is hashed too. */
export type LockKind = 'stream' | 'host' | 'lane' | 'lease' | 'ledger-partition' | 'feed-epoch';

/** Key of an advisory lock. Two names may share one: then they wait for each other, and nothing else happens. */
export const lockKey = (kind: LockKind, name: string): bigint =>
  createHash('sha1').update(`millrace ${kind} ${name}`).digest().readBigInt64BE(0);

/** Distinct, ascending: whoever takes several locks takes them in this order, so that no two wait in a circle. */
export const sortedKeys = (keys: Iterable<bigint>): readonly bigint[] =>
  [...new Set(keys)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
