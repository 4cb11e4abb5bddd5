import { setTimeout as sleep } from 'node:timers/promises';
import { Router } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import { Problem } from '../kit/problem';
import { id, keyOfStep, keyOfUndo, ofOrder, parse, parseBody, traceOf } from '../kit/request';
import { keyReused } from '../kit/steps';
import { releaseStock } from './release-stock';
import { type Reservation, reservationsOf } from './reservation';
import { reserveStock } from './reserve-stock';
import { thinkingMs } from './scripted-stock';

const line = z.object({ sku: id, quantity: z.int().min(1) });
const reservationRequest = ofOrder.extend({ lines: z.array(line).min(1).max(500) });
const repairRequest = z.object({ sku: id });

const shown = ({ key, tenantId, orderId, lines, outcome, undone }: Reservation) => ({
  key,
  tenantId,
  orderId,
  lines,
  status: undone ? 'released' : outcome,
});

/**
 * POST /v1/reservations (Idempotency-Key) -> 201 | 409 out-of-stock, already-released | 422 idempotency-key-reused
 * DELETE /v1/reservations/:key -> 200 | 409 release-refused
 * GET /v1/reservations?tenantId=&orderId= -> 200
 * POST /v1/repairs { sku } -> 200: releases of this sku are refused no longer
 */
export function inventoryRoutes(pool: Pool, committed: () => void): Router {
  const routes = Router();

  routes.post('/v1/reservations', async (request, response) => {
    const key = keyOfStep(request);
    const wanted = parseBody(reservationRequest, request);
    const trace = traceOf(request);
    const waitMs = thinkingMs(wanted.lines.map((one) => one.sku));
    if (waitMs > 0) await sleep(waitMs);
    const outcome = await reserveStock(pool, key, wanted, trace);
    switch (outcome.result) {
      case 'reserved':
        committed();
        response.status(201).json({ key, ...wanted, status: 'reserved' });
        return;
      case 'out-of-stock': {
        const what = outcome.shortages.map(
          (short) => `${short.sku}: ${short.wanted} wanted, ${short.available} available`,
        );
        throw new Problem(409, 'out-of-stock', what.join('; '), { shortages: outcome.shortages });
      }
      case 'already-released':
        throw new Problem(409, 'already-released', `the reservation ${key} was released`);
      case 'key-reused':
        throw keyReused(key);
      default:
        return outcome satisfies never;
    }
  });

  routes.delete('/v1/reservations/:key', async (request, response) => {
    const key = keyOfUndo(request);
    const outcome = await releaseStock(pool, key, traceOf(request));
    if (outcome.result === 'release-refused') {
      throw new Problem(409, 'release-refused', `the warehouse refuses to take back ${outcome.skus.join(', ')}`, {
        skus: outcome.skus,
      });
    }
    committed();
    response.json({ key, status: 'released' });
  });

  routes.get('/v1/reservations', async (request, response) => {
    const found = await reservationsOf(pool, parse(ofOrder, request.query, 'query'));
    response.json({ reservations: found.map(shown) });
  });

  routes.post('/v1/repairs', async (request, response) => {
    const { sku } = parseBody(repairRequest, request);
    await pool.query('insert into inventory.repairs (sku) values ($1) on conflict do nothing', [sku]);
    response.json({ sku, status: 'repaired' });
  });

  return routes;
}
