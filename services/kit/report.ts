import type { Pool } from 'pg';

export interface ReportFilter {
  readonly tenantIds: readonly string[];
}

/** What one order has in a service, counted in the service's own table. */
export interface OrderReport {
  readonly tenantId: string;
  readonly orderId: string;
  /** Granted and not undone. More than one is a duplicate. */
  readonly inForce: number;
  /** Granted, then undone. */
  readonly undone: number;
  readonly refused: number;
  /** Asked for, not decided, not undone (payments only). */
  readonly pending: number;
  /** Idempotency keys of what is in force. */
  readonly inForceKeys: readonly string[];
}

interface ReportedTable {
  readonly table: string;
  readonly granted: string;
  readonly refused: string;
}

/** One row per order of these tenants that the table knows, by tenant and order. Tombstones without a step belong to no order. */
export async function reportSteps(
  pool: Pool,
  { table, granted, refused }: ReportedTable,
  filter: ReportFilter,
): Promise<readonly OrderReport[]> {
  const { rows } = await pool.query<OrderReport>(
    `select tenant_id as "tenantId", order_id as "orderId",
       (count(*) filter (where outcome = $2 and undone_at is null))::int as "inForce",
       (count(*) filter (where outcome = $2 and undone_at is not null))::int as "undone",
       (count(*) filter (where outcome = $3))::int as "refused",
       (count(*) filter (where outcome is null and undone_at is null))::int as "pending",
       coalesce(array_agg(key order by requested_at, key) filter (where outcome = $2 and undone_at is null), '{}') as "inForceKeys"
     from ${table} where tenant_id = any($1) group by tenant_id, order_id order by tenant_id, order_id`,
    [filter.tenantIds, granted, refused],
  );
  return rows;
}
