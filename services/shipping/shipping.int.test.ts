import { randomUUID } from 'node:crypto';
import { type RunningService, runService } from '../testing/running-service';
import { createShippingService, migrateShipping, reportShipping } from './index';

jest.setTimeout(60_000); // on a machine with much else to do

const tenantId = 'acme';
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('shipping', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await runService(createShippingService, migrateShipping);
  });
  afterAll(() => service?.stop());

  const newOrder = () => {
    const orderId = `o-${randomUUID()}`;
    return { orderId, key: `orderSaga/${tenantId}/${orderId}/shipment` };
  };
  const book = (key: string, orderId: string, shipTo: unknown = { country: 'DE', city: 'Köln' }, headers = {}) =>
    service.http.post('/v1/shipments', { tenantId, orderId, shipTo }, { 'idempotency-key': key, ...headers });
  const cancel = (key: string) => service.http.delete(`/v1/shipments/${encodeURIComponent(key)}`);

  it('books once and tells it', async () => {
    const { orderId, key } = newOrder();
    const answers = await Promise.all([
      book(key, orderId, undefined, { 'correlation-id': 'c-1', traceparent }),
      book(key, orderId),
      book(key, orderId),
    ]);
    expect(answers[0]).toMatchObject({
      status: 201,
      body: { shipmentId: expect.any(String), carrier: expect.any(String) },
    });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    const { shipmentId, carrier } = answers[0]?.body ?? {};
    const told = await service.publisher.waitFor(orderId, 1);
    expect(told).toMatchObject([
      {
        event: {
          eventType: 'ShipmentBooked',
          aggregateType: 'Shipment',
          aggregateId: orderId,
          data: { shipmentId, orderId, carrier },
        },
      },
    ]);
  });

  it('cancels once, tells it, and refuses the step afterwards', async () => {
    const { orderId, key } = newOrder();
    await book(key, orderId);
    expect(await cancel(key)).toMatchObject({ status: 200, body: { key, status: 'cancelled' } });
    expect(await cancel(key)).toMatchObject({ status: 200 });
    expect(await book(key, orderId)).toMatchObject({ status: 409, body: { code: 'already-cancelled' } });
    const told = await service.publisher.waitFor(orderId, 2);
    expect(told.map(({ event }) => event.eventType)).toEqual(['ShipmentBooked', 'ShipmentCancelled']);
  });

  it('refuses a step whose cancellation came first', async () => {
    const { orderId, key } = newOrder();
    expect(await cancel(key)).toMatchObject({ status: 200 });
    expect(await book(key, orderId)).toMatchObject({ status: 409, body: { code: 'already-cancelled' } });
  });

  it('passes on what the carrier refuses, and stays with it', async () => {
    const { orderId, key } = newOrder();
    const refused = await book(key, orderId, { country: 'XX' });
    expect(refused).toMatchObject({ status: 422, body: { code: 'carrier-refused' } });
    expect(await book(key, orderId, { country: 'XX' })).toEqual(refused);
    expect(await cancel(key)).toMatchObject({ status: 200 });
    expect(service.publisher.of(orderId)).toEqual([]);
  });

  it('refuses a used key with another body', async () => {
    const { orderId, key } = newOrder();
    await book(key, orderId);
    expect(await book(key, orderId, { country: 'FR' })).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused' },
    });
  });

  it('takes whatever a city may be called', async () => {
    const { orderId, key } = newOrder();
    expect(await book(key, orderId, { country: 'DE', city: 'a\u0000b\ud800', postcode: '' })).toMatchObject({
      status: 201,
    });
  });

  it('reports and shows shipments per order', async () => {
    const { orderId } = newOrder();
    const keys = ['1', '2', '3'].map((name) => `${orderId}/${name}`) as [string, string, string];
    await book(keys[0], orderId);
    await book(keys[1], orderId);
    await book(keys[2], orderId, { country: 'XX' });
    await cancel(keys[0]);
    const report = await reportShipping(service.pool, { tenantIds: [tenantId, 'nobody'] });
    expect(report.filter((row) => row.orderId === orderId)).toEqual([
      { tenantId, orderId, inForce: 1, undone: 1, refused: 1, pending: 0, inForceKeys: [keys[1]] },
    ]);
    const { body } = await service.http.get(`/v1/shipments?tenantId=${tenantId}&orderId=${orderId}`);
    expect(body['shipments']).toMatchObject([
      { status: 'cancelled' },
      { status: 'booked' },
      { status: 'carrier-refused' },
    ]);
  });
});
