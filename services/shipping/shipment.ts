import type { Pool, PoolClient } from 'pg';
import type { KnownStep } from '../kit/steps';
import type { Address } from './scripted-carrier';

/** A row of shipping.shipments, or a tombstone, which has nothing but its key. */
export interface Shipment extends KnownStep {
  readonly key: string;
  readonly tenantId: string | null;
  readonly orderId: string | null;
  readonly outcome: 'booked' | 'carrier-refused' | null;
  readonly shipmentId: string | null;
  readonly carrier: string | null;
  /** Why the carrier refused. */
  readonly reason: string | null;
  readonly shipTo: Address | null;
}

const columns = `key, fingerprint, tenant_id as "tenantId", order_id as "orderId", outcome, shipment_id as "shipmentId",
  carrier, reason, ship_to as "shipTo", undone_at is not null as undone`;

/** The caller holds the key's lock. */
export async function findShipment(tx: PoolClient, key: string): Promise<Shipment | undefined> {
  const { rows } = await tx.query<Shipment>(`select ${columns} from shipping.shipments where key = $1`, [key]);
  return rows[0];
}

export async function shipmentsOf(
  pool: Pool,
  { tenantId, orderId }: { tenantId: string; orderId: string },
): Promise<readonly Shipment[]> {
  const { rows } = await pool.query<Shipment>(
    `select ${columns} from shipping.shipments where tenant_id = $1 and order_id = $2 order by requested_at, key limit 1000`,
    [tenantId, orderId],
  );
  return rows;
}
