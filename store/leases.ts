import type { Pool, PoolClient } from 'pg';
import { queryable } from './connection';
import { StoreError, storeError } from './errors';
import { lockKey } from './lock-key';
import type { Store } from './store';

export interface LeasesOptions {
  /** Leases held at a time by this process; each takes a connection of the pool for as long as it is held. */
  readonly maxHeld: number;
  /** How often the connection is asked whether it is there, so that a silent loss is noticed. */
  readonly heartbeatMs: number;
}

export interface Leases {
  readonly tryLease: Store['subscriptions']['tryLease'];
  releaseAll(): Promise<void>;
}

/** Session-level advisory locks under a name: PostgreSQL frees them when the connection ends, however it ends. */
export function createLeases(pool: Pool, { maxHeld, heartbeatMs }: LeasesOptions): Leases {
  const held = new Set<() => Promise<void>>();
  let connections = 0;

  const tryLease: Leases['tryLease'] = async (name) => {
    if (connections >= maxHeld) {
      throw new StoreError('too-many-leases', `The pool has room for ${maxHeld} leases`, { name, maxHeld });
    }
    connections += 1;
    try {
      const client = await leased(pool, name);
      if (client === undefined) {
        connections -= 1;
        return undefined;
      }
      const lease = watch(client, name, heartbeatMs, () => {
        connections -= 1;
        held.delete(lease.release);
      });
      held.add(lease.release);
      return lease;
    } catch (error) {
      connections -= 1;
      throw storeError(error);
    }
  };

  return {
    tryLease,
    async releaseAll() {
      await Promise.all([...held].map((release) => release()));
    },
  };
}

/** A connection that holds the lock, or undefined. */
async function leased(pool: Pool, name: string): Promise<PoolClient | undefined> {
  const client = await pool.connect();
  const ignore = (): void => undefined;
  client.on('error', ignore);
  try {
    const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1::bigint) as held', [
      lockKey('lease', name).toString(),
    ]);
    if (rows[0]?.held === true) return client;
    client.release();
    return undefined;
  } catch (error) {
    client.release(true);
    throw error;
  } finally {
    client.off('error', ignore);
  }
}

/**
 * Heartbeats that may pass without an answer to one: a PostgreSQL that is slow for a moment is no reason to change
 * holders to and fro. Every 5 s, that is 20 s, and less than the 30 s after which PostgreSQL frees the lock of a
 * connection that is gone without a word.
 */
const UNANSWERED = 4;

/** Ends once, by release or by loss. A loss is noticed when the connection breaks or a heartbeat stays without an answer. */
function watch(
  client: PoolClient,
  name: string,
  heartbeatMs: number,
  ended: () => void,
): { readonly lost: AbortSignal; release(): Promise<void> } {
  const lost = new AbortController();
  let open = true;
  let unanswered = 0;

  const end = (broken: boolean): boolean => {
    if (!open) return false;
    open = false;
    clearInterval(heartbeat);
    ended();
    if (broken) {
      lost.abort(new StoreError('unavailable', `The lease ${name} was lost`, { name }));
      client.release(true);
    }
    return true;
  };
  const lose = (): void => {
    end(true);
  };
  const heartbeat = setInterval(() => {
    unanswered += 1;
    if (unanswered > UNANSWERED) return lose();
    if (unanswered > 1) return;
    client.query('select').then(() => {
      unanswered = 0;
    }, lose);
  }, heartbeatMs);
  heartbeat.unref();
  client.on('error', lose);
  client.on('end', lose);

  return {
    lost: lost.signal,
    async release() {
      if (!end(false)) return;
      const unlocked = await queryable(client)
        .query('select pg_advisory_unlock($1::bigint)', [lockKey('lease', name).toString()])
        .then(
          () => true,
          () => false,
        );
      client.off('end', lose);
      client.off('error', lose);
      client.release(!unlocked);
    },
  };
}
