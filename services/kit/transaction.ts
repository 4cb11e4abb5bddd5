import type { Pool, PoolClient } from 'pg';

/** Commits what `work` did, or nothing of it. A connection that fails to roll back is not used again. */
export async function inTransaction<T>(pool: Pool, work: (tx: PoolClient) => Promise<T>): Promise<T> {
  const tx = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  tx.on('error', onError);
  try {
    await tx.query('begin');
    const result = await work(tx);
    await tx.query('commit');
    return result;
  } catch (failure) {
    await tx.query('rollback').catch(onError);
    throw failure;
  } finally {
    tx.off('error', onError);
    tx.release(broken);
  }
}
