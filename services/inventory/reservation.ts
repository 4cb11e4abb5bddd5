import type { Pool, PoolClient } from 'pg';
import type { KnownStep } from '../kit/steps';
import type { Line, Shortage } from './stock';

/** A row of inventory.reservations, or a tombstone, which has nothing but its key. */
export interface Reservation extends KnownStep {
  readonly key: string;
  readonly tenantId: string | null;
  readonly orderId: string | null;
  readonly outcome: 'reserved' | 'out-of-stock' | null;
  readonly lines: readonly Line[] | null;
  readonly shortages: readonly Shortage[] | null;
}

const columns = `key, fingerprint, tenant_id as "tenantId", order_id as "orderId", outcome, lines, shortages, undone_at is not null as undone`;

/** The caller holds the key's lock. */
export async function findReservation(tx: PoolClient, key: string): Promise<Reservation | undefined> {
  const { rows } = await tx.query<Reservation>(`select ${columns} from inventory.reservations where key = $1`, [key]);
  return rows[0];
}

export async function reservationsOf(
  pool: Pool,
  { tenantId, orderId }: { tenantId: string; orderId: string },
): Promise<readonly Reservation[]> {
  const { rows } = await pool.query<Reservation>(
    `select ${columns} from inventory.reservations where tenant_id = $1 and order_id = $2 order by requested_at, key limit 1000`,
    [tenantId, orderId],
  );
  return rows;
}
