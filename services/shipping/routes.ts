import { setTimeout as sleep } from 'node:timers/promises';
import { Router } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import { Problem } from '../kit/problem';
import { keyOfStep, keyOfUndo, ofOrder, parse, parseBody, traceOf } from '../kit/request';
import { keyReused } from '../kit/steps';
import { bookShipment } from './book-shipment';
import { cancelShipment } from './cancel-shipment';
import { thinkingMs } from './scripted-carrier';
import { type Shipment, shipmentsOf } from './shipment';

const shipTo = z.object({
  country: z.string().regex(/^[A-Z]{2}$/, 'is not an ISO 3166-1 alpha-2 code'),
  city: z.string().max(200).optional(),
  postcode: z.string().max(20).optional(),
});
const shipmentRequest = ofOrder.extend({ shipTo });

const shown = ({ key, tenantId, orderId, shipmentId, carrier, shipTo, outcome, undone }: Shipment) => ({
  shipmentId,
  key,
  tenantId,
  orderId,
  carrier,
  shipTo,
  status: undone ? 'cancelled' : outcome,
});

/**
 * POST /v1/shipments (Idempotency-Key) -> 201 { shipmentId, carrier } | 422 carrier-refused, idempotency-key-reused | 409 already-cancelled
 * DELETE /v1/shipments/:key -> 200
 * GET /v1/shipments?tenantId=&orderId= -> 200
 */
export function shipmentRoutes(pool: Pool, committed: () => void): Router {
  const routes = Router();

  routes.post('/v1/shipments', async (request, response) => {
    const key = keyOfStep(request);
    const wanted = parseBody(shipmentRequest, request);
    const trace = traceOf(request);
    const waitMs = thinkingMs(wanted.shipTo);
    if (waitMs > 0) await sleep(waitMs);
    const outcome = await bookShipment(pool, key, wanted, trace);
    switch (outcome.result) {
      case 'booked':
        committed();
        response
          .status(201)
          .json({ shipmentId: outcome.shipmentId, carrier: outcome.carrier, key, ...wanted, status: 'booked' });
        return;
      case 'carrier-refused':
        throw new Problem(422, 'carrier-refused', outcome.reason);
      case 'already-cancelled':
        throw new Problem(409, 'already-cancelled', `the shipment ${key} was cancelled`);
      case 'key-reused':
        throw keyReused(key);
      default:
        return outcome satisfies never;
    }
  });

  routes.delete('/v1/shipments/:key', async (request, response) => {
    const key = keyOfUndo(request);
    await cancelShipment(pool, key, traceOf(request));
    committed();
    response.json({ key, status: 'cancelled' });
  });

  routes.get('/v1/shipments', async (request, response) => {
    const found = await shipmentsOf(pool, parse(ofOrder, request.query, 'query'));
    response.json({ shipments: found.map(shown) });
  });

  return routes;
}
