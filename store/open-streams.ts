import type { Pool } from 'pg';
import { inTransaction, queryable, withConnection } from './connection';

export interface OpenStreams {
  readonly target: string;
  readonly stage: string;
  readonly streams: number;
}

/** How many subjects are open in each stage, by an index of its own. Gives up after two seconds: nobody waits for a metric. Throws `StoreError`. */
export const openStreams = (pool: Pool): Promise<readonly OpenStreams[]> =>
  withConnection(pool, (client) =>
    inTransaction(client, "set local statement_timeout = '2s'", async () => {
      const { rows } = await queryable(client).query<OpenStreams>(
        `select target, stage, count(*)::integer as streams from millrace.streams
        where status = 'open' group by target, stage order by target, stage`,
      );
      return rows;
    }),
  );
