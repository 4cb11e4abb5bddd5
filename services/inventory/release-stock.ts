import { newEvent, StockReleased } from '@millrace/events';
import type { Pool, PoolClient } from 'pg';
import { addToOutbox } from '../kit/outbox';
import type { Trace } from '../kit/request';
import { stableId } from '../kit/stable-id';
import { lockKey } from '../kit/steps';
import { inTransaction } from '../kit/transaction';
import { findReservation } from './reservation';
import type { ReservationRequest } from './reserve-stock';
import { refusesRelease } from './scripted-stock';
import { totalsBySku } from './stock';

export type ReleaseOutcome =
  | { readonly result: 'released' }
  | { readonly result: 'release-refused'; readonly skus: readonly string[] };

/** The skus of this reservation whose release is refused and that nobody has repaired yet. */
async function refusing(tx: PoolClient, skus: readonly string[]): Promise<readonly string[]> {
  const refused = skus.filter(refusesRelease);
  if (refused.length === 0) return [];
  const { rows } = await tx.query<{ sku: string }>('select sku from inventory.repairs where sku = any($1)', [refused]);
  return refused.filter((sku) => !rows.some((repaired) => repaired.sku === sku));
}

async function putBack(tx: PoolClient, { tenantId, lines }: ReservationRequest): Promise<void> {
  const totals = totalsBySku(lines);
  const skus = totals.map(({ sku }) => sku);
  await tx.query(
    `select from inventory.stock where tenant_id = $1 and sku = any($2) order by sku collate "C" for update`,
    [tenantId, skus],
  );
  await tx.query(
    `update inventory.stock set reserved = reserved - quantity
     from unnest($2::text[], $3::int[]) as back (sku, quantity) where tenant_id = $1 and stock.sku = back.sku`,
    [tenantId, skus, totals.map(({ quantity }) => quantity)],
  );
}

const stockReleased = (
  { tenantId, orderId, lines }: ReservationRequest,
  key: string,
  { correlationId, traceparent }: Trace,
) => ({
  event: newEvent(StockReleased, {
    eventId: stableId('StockReleased', tenantId, key),
    tenantId,
    aggregateId: orderId,
    correlationId,
    data: { orderId, lines: [...lines] },
  }),
  traceparent,
});

const markReleased = `
  insert into inventory.reservations (key, undone_at) values ($1, now())
  on conflict (key) do update set undone_at = now()`;

/** Takes a reservation back; safe when it was refused, never made or released before. From then on the key's step is refused. */
export function releaseStock(pool: Pool, key: string, trace: Trace): Promise<ReleaseOutcome> {
  return inTransaction(pool, async (tx): Promise<ReleaseOutcome> => {
    await lockKey(tx, 'inventory', key);
    const known = await findReservation(tx, key);
    if (known?.undone === true) return { result: 'released' };
    if (known?.outcome === 'reserved' && known.tenantId !== null && known.orderId !== null && known.lines !== null) {
      const reserved = { tenantId: known.tenantId, orderId: known.orderId, lines: known.lines };
      const skus = await refusing(
        tx,
        totalsBySku(reserved.lines).map(({ sku }) => sku),
      );
      if (skus.length > 0) return { result: 'release-refused', skus };
      await putBack(tx, reserved);
      await addToOutbox(tx, 'inventory', [stockReleased(reserved, key, trace)]);
    }
    await tx.query(markReleased, [key]);
    return { result: 'released' };
  });
}
