import { newEvent, ShipmentBooked } from '@millrace/events';
import type { Pool } from 'pg';
import { addToOutbox } from '../kit/outbox';
import type { Trace } from '../kit/request';
import { stableId } from '../kit/stable-id';
import { fingerprintOf, judgeStep, lockKey } from '../kit/steps';
import { inTransaction } from '../kit/transaction';
import { type Address, askCarrier } from './scripted-carrier';
import { findShipment } from './shipment';

export interface ShipmentRequest {
  readonly tenantId: string;
  readonly orderId: string;
  readonly shipTo: Address;
}

export type BookOutcome =
  | { readonly result: 'booked'; readonly shipmentId: string; readonly carrier: string }
  | { readonly result: 'carrier-refused'; readonly reason: string }
  | { readonly result: 'already-cancelled' }
  | { readonly result: 'key-reused' };

interface Booking {
  readonly key: string;
  readonly shipmentId: string;
  readonly carrier: string;
}

const shipmentBooked = (
  { tenantId, orderId }: ShipmentRequest,
  { key, shipmentId, carrier }: Booking,
  { correlationId, traceparent }: Trace,
) => ({
  event: newEvent(ShipmentBooked, {
    eventId: stableId('ShipmentBooked', tenantId, key),
    tenantId,
    aggregateId: orderId,
    correlationId,
    data: { shipmentId, orderId, carrier },
  }),
  traceparent,
});

/** Books a shipment, once per key; a carrier's refusal is as final as a booking. */
export function bookShipment(pool: Pool, key: string, request: ShipmentRequest, trace: Trace): Promise<BookOutcome> {
  const fingerprint = fingerprintOf(request);
  const shipmentId = stableId('shipment', request.tenantId, key);
  return inTransaction(pool, async (tx): Promise<BookOutcome> => {
    await lockKey(tx, 'shipping', key);
    const known = await findShipment(tx, key);
    const verdict = judgeStep(known, fingerprint);
    if (verdict === 'key-reused') return { result: 'key-reused' };
    if (verdict === 'undone') return { result: 'already-cancelled' };
    if (verdict === 'repeated') {
      return known?.outcome === 'booked'
        ? { result: 'booked', shipmentId, carrier: known.carrier ?? '' }
        : { result: 'carrier-refused', reason: known?.reason ?? '' };
    }
    const answer = askCarrier(request.shipTo);
    const carrier = answer.outcome === 'booked' ? answer.carrier : null;
    const reason = answer.outcome === 'booked' ? null : answer.reason;
    await tx.query(
      `insert into shipping.shipments (key, fingerprint, tenant_id, order_id, outcome, shipment_id, carrier, reason, ship_to, requested_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now())`,
      [
        key,
        fingerprint,
        request.tenantId,
        request.orderId,
        answer.outcome,
        shipmentId,
        carrier,
        reason,
        JSON.stringify(request.shipTo),
      ],
    );
    if (answer.outcome === 'carrier-refused') return { result: 'carrier-refused', reason: answer.reason };
    await addToOutbox(tx, 'shipping', [shipmentBooked(request, { key, shipmentId, carrier: answer.carrier }, trace)]);
    return { result: 'booked', shipmentId, carrier: answer.carrier };
  });
}
