import { newEvent, StockReserved } from '@millrace/events';
import type { Pool, PoolClient } from 'pg';
import { addToOutbox } from '../kit/outbox';
import type { Trace } from '../kit/request';
import { stableId } from '../kit/stable-id';
import { fingerprintOf, judgeStep, lockKey } from '../kit/steps';
import { inTransaction } from '../kit/transaction';
import { findReservation } from './reservation';
import { firstStock } from './scripted-stock';
import { type Line, type Shortage, type StockLevel, shortagesOf, totalsBySku } from './stock';

export interface ReservationRequest {
  readonly tenantId: string;
  readonly orderId: string;
  readonly lines: readonly Line[];
}

export type ReserveOutcome =
  | { readonly result: 'reserved'; readonly repeated: boolean }
  | { readonly result: 'out-of-stock'; readonly shortages: readonly Shortage[] }
  | { readonly result: 'already-released' }
  | { readonly result: 'key-reused' };

/** Gives a tenant's new skus their first stock. Before any row is locked, or two orders with a new sku could wait in a circle. */
async function addNewSkus(tx: PoolClient, tenantId: string, skus: readonly string[]): Promise<void> {
  const { rows } = await tx.query<{ sku: string }>(
    'select sku from inventory.stock where tenant_id = $1 and sku = any($2)',
    [tenantId, skus],
  );
  const added = skus.filter((sku) => !rows.some((known) => known.sku === sku));
  if (added.length === 0) return;
  await tx.query(
    `insert into inventory.stock (tenant_id, sku, on_hand)
     select $1, sku, on_hand from unnest($2::text[], $3::int[]) as added (sku, on_hand) order by sku collate "C" on conflict do nothing`,
    [tenantId, added, added.map(firstStock)],
  );
}

/** Locks the levels of these skus until the transaction ends, always in the same order. */
async function lockLevels(tx: PoolClient, tenantId: string, skus: readonly string[]): Promise<readonly StockLevel[]> {
  await addNewSkus(tx, tenantId, skus);
  const { rows } = await tx.query<StockLevel>(
    `select sku, on_hand as "onHand", reserved from inventory.stock where tenant_id = $1 and sku = any($2) order by sku collate "C" for update`,
    [tenantId, skus],
  );
  return rows;
}

async function take(tx: PoolClient, { tenantId, lines }: ReservationRequest): Promise<readonly Shortage[]> {
  const totals = totalsBySku(lines);
  const skus = totals.map(({ sku }) => sku);
  const shortages = shortagesOf(totals, await lockLevels(tx, tenantId, skus));
  if (shortages.length > 0) return shortages;
  await tx.query(
    `update inventory.stock set reserved = reserved + quantity
     from unnest($2::text[], $3::int[]) as wanted (sku, quantity) where tenant_id = $1 and stock.sku = wanted.sku`,
    [tenantId, skus, totals.map(({ quantity }) => quantity)],
  );
  return [];
}

const stockReserved = (
  { tenantId, orderId, lines }: ReservationRequest,
  key: string,
  { correlationId, traceparent }: Trace,
) => ({
  event: newEvent(StockReserved, {
    eventId: stableId('StockReserved', tenantId, key),
    tenantId,
    aggregateId: orderId,
    correlationId,
    data: { orderId, lines: [...lines] },
  }),
  traceparent,
});

/** Reserves the whole order or nothing of it, once per key; a refusal for want of stock is as final as a reservation. */
export function reserveStock(
  pool: Pool,
  key: string,
  request: ReservationRequest,
  trace: Trace,
): Promise<ReserveOutcome> {
  const fingerprint = fingerprintOf(request);
  return inTransaction(pool, async (tx): Promise<ReserveOutcome> => {
    await lockKey(tx, 'inventory', key);
    const known = await findReservation(tx, key);
    const verdict = judgeStep(known, fingerprint);
    if (verdict === 'key-reused') return { result: 'key-reused' };
    if (verdict === 'undone') return { result: 'already-released' };
    if (verdict === 'repeated') {
      return known?.outcome === 'reserved'
        ? { result: 'reserved', repeated: true }
        : { result: 'out-of-stock', shortages: known?.shortages ?? [] };
    }
    const shortages = await take(tx, request);
    const outcome = shortages.length === 0 ? 'reserved' : 'out-of-stock';
    await tx.query(
      `insert into inventory.reservations (key, fingerprint, tenant_id, order_id, outcome, lines, shortages, requested_at)
       values ($1, $2, $3, $4, $5, $6, $7, now())`,
      [
        key,
        fingerprint,
        request.tenantId,
        request.orderId,
        outcome,
        JSON.stringify(request.lines),
        JSON.stringify(shortages),
      ],
    );
    if (outcome === 'out-of-stock') return { result: 'out-of-stock', shortages };
    await addToOutbox(tx, 'inventory', [stockReserved(request, key, trace)]);
    return { result: 'reserved', repeated: false };
  });
}
