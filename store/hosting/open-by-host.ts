import type { Pool } from 'pg';
import { inTransaction, queryable, withConnection } from '../connection';

export interface OpenByHost {
  /** The workflow id of the host. */
  readonly host: string;
  /** Open journeys, parked ones included. */
  readonly journeys: number;
  /** Since the oldest deadline that has passed without a move; 0 if there is none. Parked journeys are not counted: theirs wait with them. */
  readonly overdueSeconds: number;
}

/** What hosts have open, by an index of its own. Gives up after two seconds: nobody waits for a metric. Throws `StoreError`. */
export const openByHost = (pool: Pool): Promise<readonly OpenByHost[]> =>
  withConnection(pool, (client) =>
    inTransaction(client, "set local statement_timeout = '2s'", async () => {
      const { rows } = await queryable(client).query<OpenByHost>(
        `select chain as host, count(*)::integer as journeys,
          coalesce(extract(epoch from now() - min(deadline) filter (where deadline < now() and not exists (
            select from millrace.parked_journeys p where p.subject = s.subject))), 0)::float8 as "overdueSeconds"
        from millrace.streams s where status = 'open' and strpos(chain, '/') > 0 group by chain order by chain`,
      );
      return rows;
    }),
  );
