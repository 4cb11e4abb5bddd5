import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { silent } from '@millrace/kafka';
import { Pool } from 'pg';
import { createInventoryService, migrateInventory } from '../inventory';
import { createHttpClient } from '../testing/http-client';
import { createPublisherSpy } from '../testing/publisher-spy';
import { type RunningService, runService } from '../testing/running-service';

jest.setTimeout(60_000); // on a machine with much else to do

const valid = { tenantId: 'acme', orderId: 'o-1', lines: [{ sku: 'SKU-A', quantity: 1 }] };

describe('the edge of a service', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await runService(createInventoryService, migrateInventory);
  });
  afterAll(() => service?.stop());

  const post = (body: unknown, headers = {}) =>
    service.http.post('/v1/reservations', body, { 'idempotency-key': randomUUID(), ...headers });

  it.each([
    ['lines.1.quantity', { ...valid, lines: [...valid.lines, { sku: 'SKU-A', quantity: 0 }] }],
    ['lines.0.quantity', { ...valid, lines: [{ sku: 'SKU-A', quantity: 1.5 }] }],
    ['lines.0.sku', { ...valid, lines: [{ sku: 'a\u0000b', quantity: 1 }] }],
    ['lines', { ...valid, lines: [] }],
    ['tenantId', { ...valid, tenantId: 'a/b' }],
    ['orderId', { ...valid, orderId: 'half \ud800' }],
    ['orderId', { ...valid, orderId: undefined }],
    ['body', []],
  ])('names %s when it is at fault', async (field, body) => {
    const answer = await post(body);
    expect(answer).toMatchObject({
      status: 400,
      type: expect.stringContaining('application/problem+json'),
      body: { code: 'invalid-request', status: 400, detail: expect.stringContaining(field), errors: [{ field }] },
    });
  });

  it('wants an idempotency key', async () => {
    const answer = await service.http.post('/v1/reservations', valid);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'Idempotency-Key' }] } });
  });

  it('refuses what is not JSON, not readable or too large', async () => {
    expect(await post('{"tenantId":')).toMatchObject({ status: 400, body: { code: 'malformed-json' } });
    expect(await post('a=1', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject({
      status: 415,
      body: { code: 'not-json' },
    });
    expect(await post({ ...valid, padding: 'x'.repeat(256 * 1024) })).toMatchObject({
      status: 413,
      body: { code: 'body-too-large' },
    });
    expect(await service.http.delete('/v1/reservations/%E0%A4%A')).toMatchObject({
      status: 400,
      body: { code: 'malformed-request' },
    });
    expect(await service.http.delete('/v1/reservations/a%00b')).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'key' }] },
    });
    expect(await service.http.get('/v1/nothing')).toMatchObject({ status: 404, body: { code: 'no-such-route' } });
    expect(await service.http.get('/v1/reservations?tenantId=acme')).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'orderId' }] },
    });
  });

  it('leaves out a traceparent that is none and a field that it does not know', async () => {
    const orderId = `o-${randomUUID()}`;
    expect(await post({ ...valid, orderId, more: 1 }, { traceparent: 'nonsense' })).toMatchObject({ status: 201 });
    expect(await service.publisher.waitFor(orderId, 1)).toMatchObject([{ traceparent: undefined }]);
  });

  it('is healthy without its database, but not ready, and asks to come again', async () => {
    const nowhere = new Pool({ connectionString: 'postgres://postgres@127.0.0.1:1/none' });
    const cut = createInventoryService({ pool: nowhere, publisher: createPublisherSpy(), logger: silent });
    const { port } = await cut.start();
    const http = createHttpClient(`http://127.0.0.1:${port}`);
    expect(await http.get('/healthz')).toMatchObject({ status: 200 });
    expect(await http.get('/readyz')).toMatchObject({
      status: 503,
      body: { checks: { postgres: expect.stringContaining('ECONNREFUSED') } },
    });
    expect(await http.post('/v1/reservations', valid, { 'idempotency-key': 'k' })).toMatchObject({
      status: 503,
      body: { code: 'unavailable' },
    });
    await cut.stop();
    await nowhere.end();
  });

  it('names the port that is taken', async () => {
    const port = Number(new URL(service.baseUrl).port);
    const second = createInventoryService({ pool: service.pool, publisher: service.publisher, logger: silent, port });
    await expect(second.start()).rejects.toThrow(String(port));
  });

  it('answers what is under way before it stops', async () => {
    const other = createInventoryService({ pool: service.pool, publisher: service.publisher, logger: silent });
    const { port } = await other.start();
    const http = createHttpClient(`http://127.0.0.1:${port}`);
    const slow = { ...valid, orderId: `o-${randomUUID()}`, lines: [{ sku: 'SKU-SLOW', quantity: 1 }] };
    const answer = http.post('/v1/reservations', slow, { 'idempotency-key': slow.orderId });
    await sleep(700); // it thinks for 1,500
    await other.stop();
    expect(await answer).toMatchObject({ status: 201 });
    await expect(http.get('/healthz')).rejects.toThrow('fetch failed');
  });
});
