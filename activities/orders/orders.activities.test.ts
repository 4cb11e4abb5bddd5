import { ApplicationFailure } from '@temporalio/common';
import { createOrderActivities, type OrderActivities } from './orders.activities';

interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

const order = {
  tenantId: 'acme',
  orderId: 'order-1',
  correlationId: 'corr-1',
  traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
  lines: [{ sku: 'SKU-1', quantity: 2 }],
  customerId: 'cust-1',
  amountCents: 2_500,
  currency: 'EUR',
  shipTo: { country: 'DE' },
};
const key = 'orderSaga/acme/order-1/stock';

/** Activities whose services answer this. */
const setUp = (answer: () => Response | Promise<Response>, requestTimeoutMs?: number) => {
  const requests: Request[] = [];
  const cancel = new AbortController();
  const fakeFetch: typeof fetch = async (url, init) => {
    requests.push({
      method: String(init?.method),
      url: String(url),
      headers: Object.fromEntries(new Headers(init?.headers)),
      body: typeof init?.body === 'string' ? JSON.parse(init.body) : undefined,
    });
    const aborted = new Promise<never>((_, reject) => {
      const signal = init?.signal;
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
    return Promise.race([answer(), aborted]);
  };
  const activities = createOrderActivities({
    inventoryUrl: 'http://inventory',
    paymentsUrl: 'http://payments',
    shippingUrl: 'http://shipping',
    policy: { paymentDeadlineMs: 1 },
    requestTimeoutMs,
    cancelled: () => cancel.signal,
    fetch: fakeFetch,
  });
  return { activities, requests, cancel };
};

const problem = (status: number, code?: string) => () =>
  new Response(JSON.stringify({ status, code, detail: 'because' }), { status });

const failureOf = async (call: Promise<unknown>): Promise<unknown> => {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('did not fail');
};

describe('order activities', () => {
  const data = { tenantId: 'acme', orderId: 'order-1' };
  test.each<[keyof OrderActivities, string, string, unknown]>([
    ['reserveStock', 'POST', 'http://inventory/v1/reservations', { ...data, lines: order.lines }],
    [
      'requestPayment',
      'POST',
      'http://payments/v1/payments',
      { ...data, amountCents: 2_500, currency: 'EUR', customerId: 'cust-1', paymentKey: key },
    ],
    ['bookShipment', 'POST', 'http://shipping/v1/shipments', { ...data, shipTo: order.shipTo }],
    ['releaseStock', 'DELETE', `http://inventory/v1/reservations/${encodeURIComponent(key)}`, undefined],
    ['voidPayment', 'DELETE', `http://payments/v1/payments/${encodeURIComponent(key)}`, undefined],
    ['cancelShipment', 'DELETE', `http://shipping/v1/shipments/${encodeURIComponent(key)}`, undefined],
  ])('%s sends the order under its key and trace', async (name, method, url, body) => {
    const { activities, requests } = setUp(() => Response.json({ paymentId: 'p', shipmentId: 's' }, { status: 201 }));
    await activities[name](order, key);
    expect(requests).toMatchObject([
      {
        method,
        url,
        body,
        headers: { 'idempotency-key': key, 'correlation-id': 'corr-1', traceparent: order.traceparent },
      },
    ]);
  });

  test('answer with the ids that the services gave', async () => {
    const { activities } = setUp(() => Response.json({ paymentId: 'p-1', shipmentId: 's-1' }));
    expect(await activities.requestPayment(order, key)).toEqual({ paymentId: 'p-1' });
    expect(await activities.bookShipment(order, key)).toEqual({ shipmentId: 's-1' });
    expect(await activities.orderPolicy()).toEqual({ paymentDeadlineMs: 1 });
  });

  test.each([
    [409, 'out-of-stock', 'out-of-stock'],
    [409, 'already-released', 'already-released'],
    [409, 'release-refused', 'release-refused'],
    [422, 'carrier-refused', 'carrier-refused'],
    [400, 'invalid-request', 'bad-request'],
    [400, undefined, 'bad-request'],
  ])('are refused for good by status %s with code %s', async (status, code, type) => {
    const { activities } = setUp(problem(status, code));
    const failure = await failureOf(activities.reserveStock(order, key));
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type, nonRetryable: true, message: 'inventory: because' });
  });

  test.each([500, 502, 503, 429, 404, 401])('are tried again after status %s', async (status) => {
    const { activities } = setUp(problem(status, 'out-of-stock'));
    const failure = await failureOf(activities.reserveStock(order, key));
    expect(failure).not.toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ message: expect.stringContaining(`inventory answered ${status}`) });
  });

  test('are tried again after an answer that nobody understands', async () => {
    const { activities } = setUp(() => new Response('<html>', { status: 200 }));
    const failure = await failureOf(activities.requestPayment(order, key));
    expect(failure).not.toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ message: 'The answer has no paymentId' });
  });

  test('give up a request after its time, and when the activity is cancelled', async () => {
    const never = () => new Promise<Response>(() => undefined);
    const slow = setUp(never, 10);
    expect(await failureOf(slow.activities.reserveStock(order, key))).toMatchObject({ name: 'TimeoutError' });
    const cancelled = setUp(never);
    const call = failureOf(cancelled.activities.reserveStock(order, key));
    cancelled.cancel.abort(new Error('shutting down'));
    expect(await call).toMatchObject({ message: 'shutting down' });
  });

  test('send step and undo under one key, also where the order id is not ASCII', async () => {
    const { activities, requests } = setUp(() => Response.json({}));
    await activities.reserveStock({ ...order, correlationId: 'Größe' }, 'orderSaga/acme/Größe/stock');
    await activities.releaseStock({ ...order, correlationId: 'Größe' }, 'orderSaga/acme/Größe/stock');
    const [step, undo] = requests;
    expect(step?.headers['idempotency-key']).toBe('orderSaga/acme/Gr%C3%B6%C3%9Fe/stock');
    expect(decodeURIComponent(undo?.url.split('/').at(-1) ?? '')).toBe(step?.headers['idempotency-key']);
    expect(step?.headers['correlation-id']).toBeUndefined();
  });
});
