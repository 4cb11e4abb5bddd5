import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { Problem } from './problem';
import type { ServiceName } from './service-name';

/** First number of the advisory locks on idempotency keys. */
const KEY_LOCKS = 7302;

/** What a service remembers of one idempotency key: a step, its undo, or (fingerprint null) an undo whose step never came. */
export interface KnownStep {
  readonly fingerprint: string | null;
  readonly undone: boolean;
}

export type StepVerdict = 'first' | 'repeated' | 'undone' | 'key-reused';

/** How to meet a step, whatever came before it under its key. A used key with another body is refused first: it is a bug of the caller. */
export function judgeStep(known: KnownStep | undefined, fingerprint: string): StepVerdict {
  if (known === undefined) return 'first';
  if (known.fingerprint !== null && known.fingerprint !== fingerprint) return 'key-reused';
  return known.undone ? 'undone' : 'repeated';
}

/** Same request, same fingerprint. `request` is what the edge's schema made of the body, so fields stand in the schema's order. */
export const fingerprintOf = (request: object): string =>
  createHash('sha256').update(JSON.stringify(request)).digest('hex');

/** Step and undo of one key run one after the other, also before there is a row to lock. Held until the transaction ends. */
export async function lockKey(tx: PoolClient, service: ServiceName, key: string): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [KEY_LOCKS, `${service}/${key}`]);
}

/** Columns that every table of steps has. A tombstone, an undo that came before its step, has only key and undone_at. */
export const stepColumns = `
  key text primary key,
  fingerprint text,
  tenant_id text,
  order_id text,
  outcome text,
  requested_at timestamptz,
  undone_at timestamptz,
  check (undone_at is not null or (fingerprint is not null and tenant_id is not null and order_id is not null and requested_at is not null))`;

export const keyReused = (key: string): Problem =>
  new Problem(422, 'idempotency-key-reused', `the idempotency key ${key} was used with another body`);
