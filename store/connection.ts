import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { storeError } from './errors';

/** What runs a statement: the pool, or one connection of it. */
export interface Queryable {
  query<Row extends QueryResultRow>(
    text: string | { name: string; text: string },
    values?: readonly unknown[],
  ): Promise<{ readonly rows: readonly Row[] }>;
}

/** Runs statements on a pool or a connection; every failure comes out as a `StoreError`. */
export const queryable = (connection: Pick<Pool, 'query'> | Pick<PoolClient, 'query'>): Queryable => ({
  async query<Row extends QueryResultRow>(text: string | { name: string; text: string }, values?: readonly unknown[]) {
    const config = typeof text === 'string' ? { text } : text;
    try {
      return await connection.query<Row>({ ...config, values: values === undefined ? [] : [...values] });
    } catch (error) {
      throw storeError(error);
    }
  },
});

/**
 * Lends one connection of the pool. It goes back if `work` succeeds; after a failure, or when it broke meanwhile, it is
 * closed, and with it end its transaction and its locks.
 */
export async function withConnection<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  let client: PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    throw storeError(error);
  }
  let broken: Error | undefined;
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on('error', onError);
  try {
    return await work(client);
  } catch (error) {
    broken ??= storeError(error);
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** Several statements without parameters in one round trip. */
export async function script(client: PoolClient, text: string): Promise<void> {
  try {
    await client.query(text);
  } catch (error) {
    throw storeError(error);
  }
}

/** A process that stops in the middle of a transaction loses it: it would hold its locks, and once it has an id, everybody's feed. */
const bounded = "set local idle_in_transaction_session_timeout = '15s'";

/** Runs `work` in a transaction of this connection; rolls back and rethrows when it fails. */
export async function inTransaction<T>(client: PoolClient, opening: string, work: () => Promise<T>): Promise<T> {
  try {
    await script(client, `begin isolation level read committed; ${bounded}; ${opening}`);
    const value = await work();
    await script(client, 'commit');
    return value;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
