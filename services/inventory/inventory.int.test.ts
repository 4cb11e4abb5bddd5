import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningService, runService } from '../testing/running-service';
import { createInventoryService, migrateInventory, reportInventory } from './index';

jest.setTimeout(60_000); // on a machine with much else to do

const tenantId = 'acme';
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('inventory', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await runService(createInventoryService, migrateInventory);
  });
  afterAll(() => service?.stop());

  const newOrder = () => {
    const orderId = `o-${randomUUID()}`;
    return { orderId, key: `orderSaga/${tenantId}/${orderId}/stock` };
  };
  const reserve = (key: string, orderId: string, lines: unknown, headers = {}) =>
    service.http.post('/v1/reservations', { tenantId, orderId, lines }, { 'idempotency-key': key, ...headers });
  const release = (key: string, headers = {}) =>
    service.http.delete(`/v1/reservations/${encodeURIComponent(key)}`, headers);
  const level = async (sku: string, tenant = tenantId) => {
    const { rows } = await service.pool.query(
      'select on_hand, reserved from inventory.stock where tenant_id = $1 and sku = $2',
      [tenant, sku],
    );
    return rows[0];
  };
  const uniqueSku = (prefix: string) => `${prefix}-${randomUUID()}`;

  it('reserves, tells it once and answers a repetition the same', async () => {
    const { orderId, key } = newOrder();
    const sku = uniqueSku('SKU-A');
    const lines = [
      { sku, quantity: 2 },
      { sku, quantity: 3 },
    ];
    const first = await reserve(key, orderId, lines, { 'correlation-id': 'c-1', traceparent });
    const again = await reserve(key, orderId, lines);
    expect(first).toMatchObject({ status: 201, body: { key, orderId, tenantId, lines, status: 'reserved' } });
    expect(again).toEqual(first);
    expect(await level(sku)).toEqual({ on_hand: 1_000_000, reserved: 5 });
    const [told, ...more] = await service.publisher.waitFor(orderId, 1);
    expect(told).toMatchObject({
      traceparent,
      event: {
        eventType: 'StockReserved',
        tenantId,
        aggregateType: 'Stock',
        aggregateId: orderId,
        correlationId: 'c-1',
        data: { orderId, lines },
      },
    });
    expect(more).toEqual([]);
  });

  it('releases what was reserved, once, and refuses the step afterwards', async () => {
    const { orderId, key } = newOrder();
    const sku = uniqueSku('SKU-A');
    await reserve(key, orderId, [{ sku, quantity: 2 }]);
    const first = await release(key, { 'correlation-id': 'c-2', traceparent });
    expect(first).toMatchObject({ status: 200, body: { key, status: 'released' } });
    expect(await release(key)).toEqual(first);
    expect(await level(sku)).toEqual({ on_hand: 1_000_000, reserved: 0 });
    expect(await reserve(key, orderId, [{ sku, quantity: 2 }])).toMatchObject({
      status: 409,
      body: { code: 'already-released' },
    });
    const told = await service.publisher.waitFor(orderId, 2);
    expect(told.map(({ event }) => event.eventType)).toEqual(['StockReserved', 'StockReleased']);
    expect(told[1]).toMatchObject({ traceparent, event: { correlationId: 'c-2' } });
  });

  it('refuses a step whose undo came first', async () => {
    const { orderId, key } = newOrder();
    const sku = uniqueSku('SKU-A');
    expect(await release(key)).toMatchObject({ status: 200, body: { status: 'released' } });
    expect(await reserve(key, orderId, [{ sku, quantity: 1 }])).toMatchObject({
      status: 409,
      type: expect.stringContaining('application/problem+json'),
      body: { code: 'already-released', status: 409, type: 'urn:millrace:problem:already-released' },
    });
    expect(await level(sku)).toBeUndefined();
    expect(service.publisher.of(orderId)).toEqual([]);
  });

  it('leaves nothing in force when steps and undos of one key race', async () => {
    const sku = uniqueSku('SKU-A');
    await reserve(`${sku}/first`, 'o-first', [{ sku, quantity: 1 }]);
    const answers = await Promise.all(
      Array.from({ length: 30 }, newOrder).flatMap(({ orderId, key }, index) => {
        const step = () => reserve(key, orderId, [{ sku, quantity: 1 }]);
        const undo = () => sleep(index).then(() => release(key)); // from before the steps to after them
        return [step(), undo(), step(), step()];
      }),
    );
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(0);
    expect(answers.map(({ status }) => status).filter((status) => ![200, 201, 409].includes(status))).toEqual([]);
    expect(await level(sku)).toMatchObject({ reserved: 1 });
  });

  it('refuses a used key with another body', async () => {
    const { orderId, key } = newOrder();
    await reserve(key, orderId, [{ sku: 'SKU-A', quantity: 2 }]);
    const other = await reserve(key, orderId, [{ sku: 'SKU-A', quantity: 3 }]);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  });

  it('reserves the whole order or nothing of it, and stays with a refusal', async () => {
    const { orderId, key } = newOrder();
    const sku = uniqueSku('SKU-A');
    const lines = [
      { sku, quantity: 1 },
      { sku: 'SKU-NONE', quantity: 4 },
    ];
    const refused = await reserve(key, orderId, lines);
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'out-of-stock', shortages: [{ sku: 'SKU-NONE', wanted: 4, available: 0 }] },
    });
    expect(await level(sku)).toMatchObject({ reserved: 0 });
    await service.pool.query(`update inventory.stock set on_hand = 10 where sku = 'SKU-NONE'`);
    expect(await reserve(key, orderId, lines)).toEqual(refused);
    await service.pool.query(`update inventory.stock set on_hand = 0 where sku = 'SKU-NONE'`);
    expect(await release(key)).toMatchObject({ status: 200 });
    expect(service.publisher.of(orderId)).toEqual([]);
  });

  it('sells the last piece once to fifty who want it at once, and again after its release', async () => {
    const sku = uniqueSku('SKU-LAST');
    const orders = Array.from({ length: 50 }, newOrder);
    const answers = await Promise.all(orders.map(({ orderId, key }) => reserve(key, orderId, [{ sku, quantity: 1 }])));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ body }) => body['code'] === 'out-of-stock')).toHaveLength(49);
    expect(await level(sku)).toEqual({ on_hand: 1, reserved: 1 });
    await release(String(answers.find(({ status }) => status === 201)?.body['key']));
    const next = newOrder();
    expect(await reserve(next.key, next.orderId, [{ sku, quantity: 1 }])).toMatchObject({ status: 201 });
  });

  it('does not oversell a counted stock to fifty at once', async () => {
    const sku = uniqueSku('SKU-A');
    await service.pool.query('insert into inventory.stock (tenant_id, sku, on_hand) values ($1, $2, 30)', [
      tenantId,
      sku,
    ]);
    const orders = Array.from({ length: 50 }, newOrder);
    const answers = await Promise.all(orders.map(({ orderId, key }) => reserve(key, orderId, [{ sku, quantity: 1 }])));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(30);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(20);
    expect(await level(sku)).toEqual({ on_hand: 30, reserved: 30 });
  });

  it('does not wait in a circle when many orders name the same new skus in different orders', async () => {
    for (let round = 0; round < 4; round += 1) {
      const skus = Array.from({ length: 8 }, () => uniqueSku('SKU-A'));
      const orders = Array.from({ length: 24 }, newOrder);
      const answers = await Promise.all(
        orders.map(({ orderId, key }, index) => {
          const named = [...skus.slice(index % 8), ...skus.slice(0, index % 8)].slice(0, 5);
          return reserve(
            key,
            orderId,
            named.map((sku) => ({ sku, quantity: 1 })),
          );
        }),
      );
      expect(answers.map(({ status }) => status)).toEqual(orders.map(() => 201));
    }
  });

  it('keeps the stock of tenants apart', async () => {
    const sku = uniqueSku('SKU-LAST');
    const orderId = `o-${randomUUID()}`;
    for (const tenant of ['acme', 'globex']) {
      const key = `orderSaga/${tenant}/${orderId}/stock`;
      const answer = await service.http.post(
        '/v1/reservations',
        { tenantId: tenant, orderId, lines: [{ sku, quantity: 1 }] },
        { 'idempotency-key': key },
      );
      expect(answer.status).toBe(201);
    }
  });

  it('refuses to release a stuck sku until it is repaired', async () => {
    const { orderId, key } = newOrder();
    const sku = uniqueSku('SKU-STUCK-ONCE');
    await reserve(key, orderId, [{ sku, quantity: 1 }]);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await release(key)).toMatchObject({ status: 409, body: { code: 'release-refused', skus: [sku] } });
    }
    expect(await level(sku)).toMatchObject({ reserved: 1 });
    expect(await service.http.post('/v1/repairs', { sku })).toMatchObject({
      status: 200,
      body: { sku, status: 'repaired' },
    });
    expect(await release(key)).toMatchObject({ status: 200 });
    expect(await level(sku)).toMatchObject({ reserved: 0 });
  });

  it('shows and reports what is in force, undone and refused per order, duplicates included', async () => {
    const tenant = `t-${randomUUID()}`;
    const orderId = `o-${randomUUID()}`;
    const step = (key: string, sku: string) =>
      service.http.post(
        '/v1/reservations',
        { tenantId: tenant, orderId, lines: [{ sku, quantity: 1 }] },
        { 'idempotency-key': key },
      );
    for (const key of ['k/1', 'k/2', 'k/3'].map((name) => `${tenant}/${name}`)) await step(key, 'SKU-A');
    await step(`${tenant}/k/4`, 'SKU-NONE');
    await release(`${tenant}/k/2`);
    await release(`${tenant}/never-came`);
    expect(await reportInventory(service.pool, { tenantIds: [tenant] })).toEqual([
      {
        tenantId: tenant,
        orderId,
        inForce: 2,
        undone: 1,
        refused: 1,
        pending: 0,
        inForceKeys: [`${tenant}/k/1`, `${tenant}/k/3`],
      },
    ]);
    const { body } = await service.http.get(`/v1/reservations?tenantId=${tenant}&orderId=${orderId}`);
    expect(body['reservations']).toMatchObject([
      { status: 'reserved' },
      { status: 'released' },
      { status: 'reserved' },
      { status: 'out-of-stock' },
    ]);
  });
});
