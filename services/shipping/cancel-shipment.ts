import { newEvent, ShipmentCancelled } from '@millrace/events';
import type { Pool } from 'pg';
import { addToOutbox } from '../kit/outbox';
import type { Trace } from '../kit/request';
import { stableId } from '../kit/stable-id';
import { lockKey } from '../kit/steps';
import { inTransaction } from '../kit/transaction';
import { findShipment } from './shipment';

const markCancelled = `
  insert into shipping.shipments (key, undone_at) values ($1, now())
  on conflict (key) do update set undone_at = now()`;

interface Booked {
  readonly tenantId: string;
  readonly orderId: string;
  readonly shipmentId: string;
}

const shipmentCancelled = ({ tenantId, orderId, shipmentId }: Booked, { correlationId, traceparent }: Trace) => ({
  event: newEvent(ShipmentCancelled, {
    eventId: stableId('ShipmentCancelled', shipmentId),
    tenantId,
    aggregateId: orderId,
    correlationId,
    data: { shipmentId, orderId },
  }),
  traceparent,
});

/** Takes a booking back; safe when it was refused, never made or cancelled before. From then on the key's step is refused. */
export function cancelShipment(pool: Pool, key: string, trace: Trace): Promise<void> {
  return inTransaction(pool, async (tx) => {
    await lockKey(tx, 'shipping', key);
    const known = await findShipment(tx, key);
    if (known?.undone === true) return;
    await tx.query(markCancelled, [key]);
    if (known?.outcome !== 'booked') return;
    const { tenantId, orderId, shipmentId } = known;
    if (tenantId === null || orderId === null || shipmentId === null) return;
    await addToOutbox(tx, 'shipping', [shipmentCancelled({ tenantId, orderId, shipmentId }, trace)]);
  });
}
