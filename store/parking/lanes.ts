import type { Pool, PoolClient } from 'pg';
import { queryable, withConnection } from '../connection';
import { StoreError } from '../errors';
import { lockKey } from '../lock-key';
import { createSlots } from './slots';

/** The lock of a lane: session-level, on a connection of its own, no transaction open while it is held. */
export interface Lanes {
  /** Undefined if somebody else, here or in another process, holds the lane. */
  tryHold<T>(subject: string, work: (client: PoolClient) => Promise<T>): Promise<{ readonly value: T } | undefined>;
  /** Tries until it has the lane. Throws `lane-busy` after `waitMs`. */
  hold<T>(subject: string, work: (client: PoolClient) => Promise<T>): Promise<T>;
}

type Settled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

export interface LanesOptions {
  /** Lanes held at a time by this process; each takes a connection of the pool. Further callers wait for one to end. */
  readonly maxHeld: number;
  readonly waitMs: number;
  readonly retryMs: number;
}

export function createLanes(pool: Pool, { maxHeld, waitMs, retryMs }: LanesOptions): Lanes {
  const slots = createSlots(maxHeld);
  const heldHere = new Set<string>();

  const tryHold: Lanes['tryHold'] = async (subject, work) => {
    if (heldHere.has(subject)) return undefined;
    heldHere.add(subject);
    const freeSlot = await slots.take();
    try {
      const settled = await withConnection(pool, (client) => underLock(client, subject, work));
      if (settled === undefined) return undefined;
      if (settled.ok) return { value: settled.value };
      throw settled.error;
    } finally {
      freeSlot();
      heldHere.delete(subject);
    }
  };

  return {
    tryHold,
    async hold(subject, work) {
      for (let waited = 0; ; waited += retryMs) {
        const held = await tryHold(subject, work);
        if (held !== undefined) return held.value;
        if (waited >= waitMs) throw new StoreError('lane-busy', `The lane of ${subject} stays held`, { subject });
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    },
  };
}

/** A failure of `work` is carried past the unlocking: it is no reason to close the connection. */
async function underLock<T>(
  client: PoolClient,
  subject: string,
  work: (client: PoolClient) => Promise<T>,
): Promise<Settled<T> | undefined> {
  const key = lockKey('lane', subject).toString();
  const connection = queryable(client);
  const { rows } = await connection.query<{ held: boolean }>('select pg_try_advisory_lock($1::bigint) as held', [key]);
  if (rows[0]?.held !== true) return undefined;
  const settled = await work(client).then(
    (value) => ({ ok: true, value }) as const,
    (error: unknown) => ({ ok: false, error }) as const,
  );
  await connection.query('select pg_advisory_unlock($1::bigint)', [key]);
  return settled;
}
