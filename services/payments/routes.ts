import { Router } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import { Problem } from '../kit/problem';
import { id, keyOfStep, keyOfUndo, ofOrder, parse, parseBody, traceOf } from '../kit/request';
import { keyReused } from '../kit/steps';
import { type Payment, paymentStatus, paymentsOf } from './payment';
import { requestPayment } from './request-payment';
import { voidPayment } from './void-payment';

const paymentRequest = ofOrder.extend({
  amountCents: z.int().min(0),
  currency: z.string().regex(/^[A-Z]{3}$/, 'is not an ISO 4217 code'),
  customerId: id,
});

const shown = (payment: Payment) => ({
  paymentId: payment.paymentId,
  key: payment.key,
  tenantId: payment.tenantId,
  orderId: payment.orderId,
  amountCents: Number(payment.amountCents),
  currency: payment.currency,
  customerId: payment.customerId,
  status: paymentStatus(payment),
});

/**
 * POST /v1/payments (Idempotency-Key) -> 202 { paymentId } | 409 already-voided | 422 idempotency-key-reused
 * DELETE /v1/payments/:key -> 200
 * GET /v1/payments?tenantId=&orderId= -> 200
 */
export function paymentRoutes(pool: Pool, requested: () => void): Router {
  const routes = Router();

  routes.post('/v1/payments', async (request, response) => {
    const key = keyOfStep(request);
    const outcome = await requestPayment(pool, key, parseBody(paymentRequest, request), traceOf(request));
    if (outcome.result === 'already-voided') throw new Problem(409, 'already-voided', `the payment ${key} was voided`);
    if (outcome.result === 'key-reused') throw keyReused(key);
    requested();
    response.status(202).json({ paymentId: outcome.paymentId });
  });

  routes.delete('/v1/payments/:key', async (request, response) => {
    const key = keyOfUndo(request);
    response.json({ key, status: await voidPayment(pool, key) });
  });

  routes.get('/v1/payments', async (request, response) => {
    const found = await paymentsOf(pool, parse(ofOrder, request.query, 'query'));
    response.json({ payments: found.map(shown) });
  });

  return routes;
}
