import { randomUUID } from 'node:crypto';
import { silent } from '@millrace/kafka';
import { stableId } from '../kit/stable-id';
import { createHttpClient } from '../testing/http-client';
import { type RunningService, runService } from '../testing/running-service';
import { until } from '../testing/until';
import { decideDuePayments } from './decide-payments';
import { createPaymentsService, migratePayments, paymentIdsOf, reportPayments } from './index';
import { requestPayment } from './request-payment';

jest.setTimeout(60_000); // on a machine with much else to do

const tenantId = 'acme';
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const noTrace = { correlationId: undefined, traceparent: undefined };

const newPayment = (customerId: string) => {
  const orderId = `o-${randomUUID()}`;
  return {
    key: `orderSaga/${tenantId}/${orderId}/payment`,
    body: { tenantId, orderId, amountCents: 4_200, currency: 'EUR', customerId },
  };
};
type NewPayment = ReturnType<typeof newPayment>;

describe('payments', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await runService(createPaymentsService, migratePayments);
  });
  afterAll(() => service?.stop());

  const request = ({ key, body }: NewPayment, headers = {}) =>
    service.http.post('/v1/payments', body, { 'idempotency-key': key, ...headers });
  const voidIt = ({ key }: NewPayment) => service.http.delete(`/v1/payments/${encodeURIComponent(key)}`);
  const statusOf = async ({ body }: NewPayment) => {
    const answer = await service.http.get(`/v1/payments?tenantId=${tenantId}&orderId=${body.orderId}`);
    return answer.body['payments'];
  };

  it('accepts at once and settles by one event', async () => {
    const payment = newPayment('cust-1');
    const accepted = await request(payment, { 'correlation-id': 'c-1', traceparent });
    expect(accepted).toMatchObject({ status: 202, body: { paymentId: expect.stringMatching(/^[0-9a-f-]{14}5/) } });
    const { orderId, amountCents, currency } = payment.body;
    const paymentId = accepted.body['paymentId'];
    const told = await service.publisher.waitFor(orderId, 1);
    expect(told).toMatchObject([
      {
        traceparent,
        event: {
          eventId: stableId('payment-answer', String(paymentId)),
          eventType: 'PaymentSettled',
          aggregateType: 'Payment',
          aggregateId: paymentId,
          correlationId: 'c-1',
          data: { paymentId, orderId, amountCents, currency },
        },
      },
    ]);
    expect(await request(payment)).toEqual(accepted);
    expect(await statusOf(payment)).toMatchObject([{ paymentId, amountCents, status: 'settled' }]);
  });

  it('declines by one event', async () => {
    const payment = newPayment('cust-declined-7');
    await request(payment);
    const told = await service.publisher.waitFor(payment.body.orderId, 1);
    expect(told).toMatchObject([{ event: { eventType: 'PaymentDeclined', data: { reason: 'card-declined' } } }]);
    expect(await voidIt(payment)).toMatchObject({ status: 200, body: { status: 'voided' } });
  });

  it('is settled once however many requests and deciders there are', async () => {
    const payments = Array.from({ length: 10 }, () => newPayment('cust-1'));
    const [answers] = await Promise.all([
      Promise.all(payments.flatMap((payment) => Array.from({ length: 5 }, () => request(payment)))),
      Promise.all(Array.from({ length: 10 }, () => decideDuePayments(service.pool))),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    for (const { body } of payments) await service.publisher.waitFor(body.orderId, 1);
    await until('the outbox is empty', async () => {
      const { rows } = await service.pool.query('select from payments.outbox');
      return rows.length === 0 ? true : undefined;
    });
    expect(payments.map(({ body }) => service.publisher.of(body.orderId).length)).toEqual(payments.map(() => 1));
  });

  it('refunds what a void finds settled, and refuses the step afterwards', async () => {
    const payment = newPayment('cust-1');
    await request(payment);
    await service.publisher.waitFor(payment.body.orderId, 1);
    expect(await voidIt(payment)).toMatchObject({ status: 200, body: { status: 'refunded' } });
    expect(await voidIt(payment)).toMatchObject({ status: 200, body: { status: 'refunded' } });
    expect(await request(payment)).toMatchObject({ status: 409, body: { code: 'already-voided' } });
    expect(await statusOf(payment)).toMatchObject([{ status: 'refunded' }]);
  });

  it('refuses a step whose void came first', async () => {
    const payment = newPayment('cust-1');
    expect(await voidIt(payment)).toMatchObject({ status: 200, body: { status: 'voided' } });
    expect(await request(payment)).toMatchObject({ status: 409, body: { code: 'already-voided' } });
  });

  it('refuses a used key with another body', async () => {
    const payment = newPayment('cust-1');
    await request(payment);
    const other = await request({ ...payment, body: { ...payment.body, amountCents: 1 } });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  });

  it('answers slow customers after three seconds, silent ones never, and a void in between prevents the settlement', async () => {
    const [slow, regretted, silentOne] = [
      newPayment('cust-slow-1'),
      newPayment('cust-slow-2'),
      newPayment('cust-silent-1'),
    ];
    const started = Date.now();
    await Promise.all([slow, regretted, silentOne].map((payment) => request(payment)));
    expect(await statusOf(slow)).toMatchObject([{ status: 'pending' }]);
    expect(await voidIt(regretted)).toMatchObject({ body: { status: 'voided' } });
    await service.publisher.waitFor(slow.body.orderId, 1);
    expect(Date.now() - started).toBeGreaterThanOrEqual(2_950);
    expect(Date.now() - started).toBeLessThan(10_000);
    expect(await decideDuePayments(service.pool)).toBe(0);
    expect(service.publisher.of(regretted.body.orderId)).toEqual([]);
    expect(service.publisher.of(silentOne.body.orderId)).toEqual([]);
    expect(await statusOf(silentOne)).toMatchObject([{ status: 'pending' }]);
  });

  it('never both prevents and settles when void and decision race', async () => {
    const payments = Array.from({ length: 30 }, () => newPayment('cust-1'));
    const voids = await Promise.all(
      payments.map(async (payment) => {
        await request(payment);
        return voidIt(payment);
      }),
    );
    const refunded = payments.filter((_, index) => voids[index]?.body['status'] === 'refunded');
    for (const { body } of refunded) await service.publisher.waitFor(body.orderId, 1);
    const prevented = payments.filter((payment) => !refunded.includes(payment));
    expect(prevented.flatMap(({ body }) => service.publisher.of(body.orderId))).toEqual([]);
  });

  it('reports charges in force per order, and every payment it was asked for', async () => {
    const [settled, refunded, declined, pending] = ['cust-1', 'cust-2', 'cust-declined', 'cust-silent'].map(
      newPayment,
    ) as [NewPayment, NewPayment, NewPayment, NewPayment];
    const tenant = `t-${randomUUID()}`;
    const ids: unknown[] = [];
    for (const payment of [settled, refunded, declined, pending]) {
      const { body } = await request({ key: payment.key, body: { ...payment.body, tenantId: tenant, orderId: 'o-1' } });
      ids.push(body['paymentId']);
    }
    await service.publisher.waitFor('o-1', 3);
    await voidIt(refunded);
    expect(await reportPayments(service.pool, { tenantIds: [tenant] })).toEqual([
      { tenantId: tenant, orderId: 'o-1', inForce: 1, undone: 1, refused: 1, pending: 1, inForceKeys: [settled.key] },
    ]);
    expect(new Set(await paymentIdsOf(service.pool, { tenantIds: [tenant] }))).toEqual(new Set(ids));
  });
});

describe('payments after a crash', () => {
  it('decides what an earlier process accepted and left', async () => {
    const service = await runService(createPaymentsService, migratePayments);
    await service.stopServiceOnly();
    const { key, body } = newPayment('cust-1');
    await requestPayment(service.pool, key, body, noTrace);
    const next = createPaymentsService({ pool: service.pool, publisher: service.publisher, logger: silent });
    const { port } = await next.start();
    const told = await service.publisher.waitFor(body.orderId, 1);
    expect(told).toMatchObject([{ event: { eventType: 'PaymentSettled' } }]);
    expect(await createHttpClient(`http://127.0.0.1:${port}`).get('/readyz')).toMatchObject({
      status: 200,
      body: { checks: { postgres: 'ok' } },
    });
    await next.stop();
    await service.stop();
  });

  it('answers each once, however many processes find them', async () => {
    const service = await runService(createPaymentsService, migratePayments);
    await service.stopServiceOnly();
    const payments = Array.from({ length: 150 }, () => newPayment('cust-1'));
    await Promise.all(payments.map(({ key, body }) => requestPayment(service.pool, key, body, noTrace)));
    const decided = await Promise.all(Array.from({ length: 8 }, () => decideDuePayments(service.pool)));
    const left = await decideDuePayments(service.pool);
    expect(decided.reduce((sum, some) => sum + some, left)).toBe(150);
    const { rows } = await service.pool.query<{ answers: number; payments: number }>(
      `select count(*)::int as answers, count(distinct event ->> 'eventId')::int as payments from payments.outbox`,
    );
    expect(rows).toEqual([{ answers: 150, payments: 150 }]);
    await service.stop();
  });
});
