import type { Pool, PoolClient } from 'pg';

const LEASES = 7303;

export interface Lease {
  /** The connection that holds the lease, or undefined while another process holds it. */
  take(): Promise<PoolClient | undefined>;
  /** Gives the lease and its connection back. */
  release(): Promise<void>;
}

/** At most one holder, as long as its connection lives. A session's lock, so that no transaction stays open while the holder talks to others. */
export function createLease(pool: Pool, name: string): Lease {
  let held: { client: PoolClient; lost: (error: Error) => void } | undefined;

  function drop(error?: Error): void {
    if (held === undefined) return;
    const { client, lost } = held;
    held = undefined;
    client.off('error', lost);
    client.release(error);
  }

  async function take(): Promise<PoolClient | undefined> {
    if (held !== undefined) return held.client;
    const client = await pool.connect();
    const lost = (error: Error) => drop(error);
    client.on('error', lost);
    held = { client, lost };
    try {
      const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1, hashtext($2)) as got', [
        LEASES,
        name,
      ]);
      if (rows[0]?.got === true) return client;
      drop();
      return undefined;
    } catch (error) {
      drop(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  return {
    take,
    async release() {
      await held?.client.query('select pg_advisory_unlock($1, hashtext($2))', [LEASES, name]).then(
        () => drop(),
        (error: Error) => drop(error),
      );
    },
  };
}
