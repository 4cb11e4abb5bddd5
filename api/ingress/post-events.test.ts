import { brotliCompressSync, gzipSync } from 'node:zlib';
import { orderData, orderPlaced } from '../testing/samples';
import { type StartedApi, startApi } from '../testing/start-api';

let started: StartedApi;
const post = (body: unknown, headers: Record<string, string> = {}) =>
  started.call('POST', '/v1/events', { body, headers });

beforeEach(async () => {
  started = await startApi({ limits: { publishTimeoutMs: 200 } });
});
afterEach(() => started.stop());

describe('POST /v1/events', () => {
  it('publishes one event and says where it lies', async () => {
    const answer = await post(orderPlaced('o-1'));
    expect(answer.status).toBe(202);
    expect(answer.body.accepted).toEqual([
      expect.objectContaining({ topic: 'commerce.orders.events', partition: 0, offset: '0', aggregateId: 'o-1' }),
    ]);
    const [record] = started.publisher.records;
    expect(record).toMatchObject({ key: 'o-1', headers: { 'event-type': 'OrderPlaced', 'tenant-id': 'acme' } });
  });

  it('fills in id, time, correlation and type of aggregate, and keeps what was given', async () => {
    await post({ ...orderPlaced('o-1'), aggregateType: undefined });
    const given = {
      eventId: '019a0000-0000-7000-8000-0000000000aa',
      correlationId: 'c-1',
      eventTime: '2026-01-01T00:00:00.000Z',
    };
    await post({ ...orderPlaced('o-2'), ...given });
    const [filled, kept] = started.publisher.events().map(({ event }) => event);
    expect(filled?.eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(filled?.correlationId).toBe(filled?.eventId);
    expect(filled?.aggregateType).toBe('Order');
    expect(Date.parse(filled?.eventTime ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(kept).toMatchObject(given);
  });

  it('publishes a batch in its order', async () => {
    const answer = await post([orderPlaced('o-1'), orderPlaced('o-2'), orderPlaced('o-3')]);
    expect(answer.status).toBe(202);
    expect(answer.body.accepted.map(({ aggregateId }: { aggregateId: string }) => aggregateId)).toEqual([
      'o-1',
      'o-2',
      'o-3',
    ]);
    expect(started.publisher.events()).toHaveLength(3);
  });

  it('hands the trace context on', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await post(orderPlaced('o-1'), { traceparent });
    await post(orderPlaced('o-2'), { traceparent: 'nonsense' });
    expect(started.publisher.events().map((sent) => sent.traceparent)).toEqual([traceparent, undefined]);
  });

  describe('Idempotency-Key', () => {
    const idsOf = async (body: unknown, key?: string) => {
      const { body: answer } = await post(body, key === undefined ? {} : { 'idempotency-key': key });
      return answer.accepted.map(({ eventId }: { eventId: string }) => eventId);
    };

    it('makes the same ids again, other ones per tenant, key and place in the batch', async () => {
      const batch = [orderPlaced('o-1'), orderPlaced('o-2')];
      const first = await idsOf(batch, 'k-1');
      expect(await idsOf(batch, 'k-1')).toEqual(first);
      const others = [
        ...(await idsOf(batch, 'k-2')),
        ...(await idsOf([orderPlaced('o-1', 'other')], 'k-1')),
        ...(await idsOf(orderPlaced('o-1'), 'k-1')),
        ...(await idsOf(orderPlaced('o-1'))),
      ];
      expect(new Set([...first, ...others]).size).toBe(first.length + others.length);
    });

    it('reads the key quoted and bare, and leaves given ids alone', async () => {
      expect(await idsOf(orderPlaced('o-1'), '"k-1"')).toEqual(await idsOf(orderPlaced('o-1'), 'k-1'));
      const eventId = '019a0000-0000-7000-8000-0000000000aa';
      expect(await idsOf({ ...orderPlaced('o-1'), eventId }, 'k-1')).toEqual([eventId]);
    });

    it('refuses what is no key', async () => {
      const answer = await post(orderPlaced('o-1'), { 'idempotency-key': 'two words' });
      expect(answer).toMatchObject({
        status: 400,
        body: { code: 'invalid-request', errors: [{ parameter: 'Idempotency-Key' }] },
      });
    });
  });

  describe('CloudEvents', () => {
    const event = {
      specversion: '1.0',
      id: 'A-1',
      source: '/shop',
      type: 'com.shop.OrderPlaced',
      subject: 'o-1',
      tenantid: 'acme',
    };
    const old = { ...orderData('o-1'), total: 25, lines: [{ sku: 'SKU-1', quantity: 2, unitPrice: 12.5 }] };

    it.each([
      ['structured', { ...event, data: old }, { 'content-type': 'application/cloudevents+json; charset=UTF-8' }],
      ['structured, as plain JSON', { ...event, data: old }, { 'content-type': 'application/json' }],
      ['batch', [{ ...event, data: old }], { 'content-type': 'application/cloudevents-batch+json' }],
      ['binary', old, Object.fromEntries(Object.entries(event).map(([name, value]) => [`ce-${name}`, value]))],
    ])('reads %s and lifts it to the latest version', async (_mode, body, headers) => {
      const answer = await post(body, headers);
      expect(answer.status).toBe(202);
      const [sent] = started.publisher.events();
      expect(sent?.event).toMatchObject({
        eventType: 'OrderPlaced',
        eventVersion: '1.1',
        aggregateId: 'o-1',
        data: { totalCents: 2_500 },
        metadata: { cloudEvent: { id: 'A-1', source: '/shop' } },
      });
      expect(sent?.event.correlationId).toBe(sent?.event.eventId);
    });

    it('gives the same event one id in every mode', async () => {
      await post({ ...event, data: old }, { 'content-type': 'application/cloudevents+json' });
      await post(old, Object.fromEntries(Object.entries(event).map(([name, value]) => [`ce-${name}`, value])));
      const [structured, binary] = started.publisher.events();
      expect(binary?.event.eventId).toBe(structured?.event.eventId);
    });

    it('fills in a missing id from the Idempotency-Key', async () => {
      const { id: _, ...without } = event;
      const headers = { 'content-type': 'application/cloudevents+json', 'idempotency-key': 'k-1' };
      const first = await post({ ...without, data: old }, headers);
      const again = await post({ ...without, data: old }, headers);
      expect(again.body.accepted[0].eventId).toBe(first.body.accepted[0].eventId);
    });

    it('names a bad attribute as CloudEvents call it', async () => {
      const { tenantid: _, ...without } = event;
      const structured = await post({ ...without, data: old }, { 'content-type': 'application/cloudevents+json' });
      expect(structured.body.errors).toEqual([expect.objectContaining({ pointer: '/tenantid' })]);
      const binary = await post(
        old,
        Object.fromEntries(Object.entries(without).map(([name, value]) => [`ce-${name}`, value])),
      );
      expect(binary.body.errors).toEqual([expect.objectContaining({ parameter: 'ce-tenantid' })]);
    });

    it('reads percent-encoded attributes', async () => {
      const attributes = { ...event, subject: 'o-%C3%BC' };
      await post(
        { ...old, orderId: 'o-ü' },
        Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value])),
      );
      expect(started.publisher.events()[0]?.event.aggregateId).toBe('o-ü');
    });
  });

  describe('refuses, and sends nothing', () => {
    afterEach(() => expect(started.publisher.records).toEqual([]));

    const good = orderPlaced('o-1');
    const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

    it.each([
      ['malformed JSON', '{"eventType":', 400, 'malformed-json', undefined],
      ['an empty body', '', 400, 'malformed-json', undefined],
      ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, 'malformed-json', undefined],
      ['a number', '7', 422, 'invalid-event', undefined],
      ['an empty batch', [], 400, 'invalid-request', undefined],
      ['too large a batch', Array.from({ length: 501 }, () => good), 400, 'invalid-request', undefined],
      ['an unknown type', { ...good, eventType: 'OrderMislaid' }, 422, 'unknown-event-type', '/eventType'],
      ['an unknown version', { ...good, eventVersion: '9.0' }, 422, 'unknown-event-version', '/eventVersion'],
      ['a missing tenant', { ...good, tenantId: undefined }, 422, 'invalid-event', '/tenantId'],
      ['an id that is no UUID', { ...good, eventId: 'seven' }, 422, 'invalid-event', '/eventId'],
      [
        'data that breaks the contract',
        { ...good, data: { ...good.data, lines: [{ sku: 'SKU-1', quantity: 0, unitPriceCents: 1 }], totalCents: 0 } },
        422,
        'invalid-event',
        '/data/lines/0/quantity',
      ],
      ['another type of aggregate', { ...good, aggregateType: 'Parcel' }, 422, 'invalid-event', '/aggregateType'],
      ['another aggregate than data has', { ...good, aggregateId: 'o-2' }, 422, 'invalid-event', '/data/orderId'],
      ['too deep data', { ...good, data: nested(40) }, 400, 'invalid-request', undefined],
      ['absurdly deep JSON', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400, 'invalid-request', undefined],
      [
        'a transition',
        { ...good, eventType: 'TransitionRecorded', eventVersion: '1.0' },
        403,
        'platform-only-event',
        '/eventType',
      ],
      [
        'a decision',
        { ...good, eventType: 'OperatorDecided', eventVersion: '1.0' },
        403,
        'platform-only-event',
        '/eventType',
      ],
      ['too large an event', { ...good, metadata: { text: 'x'.repeat(300 * 1024) } }, 413, 'too-large', undefined],
      ['too large a body', `"${'x'.repeat(1024 * 1024)}"`, 413, 'too-large', undefined],
    ])('%s', async (_what, body, status, code, pointer) => {
      const answer = await post(body);
      expect(answer).toMatchObject({ status, body: { code, status } });
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      if (pointer !== undefined) expect(answer.body.errors).toEqual([expect.objectContaining({ pointer })]);
    });

    it('an event with several faults, and names each field', async () => {
      const { customerId: _, ...data } = good.data;
      const lines = [{ ...good.data.lines[0], sku: '' }];
      const answer = await post({ ...good, tenantId: undefined, data: { ...data, currency: 'euro', lines } });
      expect(answer.status).toBe(422);
      expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
        '/tenantId',
        '/data/customerId',
        '/data/currency',
        '/data/lines/0/sku',
      ]);
    });

    it('an event, and says in one sentence which field has what fault', async () => {
      const detailOf = async (body: object) => (await post(body)).body.detail;
      expect(await detailOf({ ...good, tenantId: undefined })).toBe('/tenantId: is missing');
      expect(await detailOf({ ...good, eventVersion: '9.0' })).toBe(
        '/eventVersion: OrderPlaced has no version 9.0; it has 1.0, 1.1',
      );
      expect(await detailOf({ ...good, data: { ...good.data, customerId: undefined, currency: 'euro' } })).toBe(
        '/data/customerId: is missing (and 1 more, see errors)',
      );
      expect(await detailOf([good, { ...good, tenantId: undefined }])).toBe(
        '1 of 2 events cannot be sent, so none was. Event 1: /tenantId: is missing',
      );
    });

    it('a batch with bad events, and names each field by the index of its event', async () => {
      const cut = { orderId: 'o-1', customerId: 'cust-1', currency: 'EUR', totalCents: 1 };
      const answer = await post([good, { ...good, tenantId: 7 }, good, { ...good, data: cut }]);
      expect(answer.status).toBe(422);
      expect(answer.body.errors).toEqual([
        expect.objectContaining({ index: 1, pointer: '/tenantId' }),
        expect.objectContaining({ index: 3, pointer: '/data/lines' }),
        expect.objectContaining({ index: 3, pointer: '/data/shipTo' }),
      ]);
    });

    it.each([
      [2, 12],
      [30, 90],
      [300, 100],
    ])('a batch of %i bad events with %i named fields, none of the first hundred left out', async (events, named) => {
      const answer = await post(Array.from({ length: events }, () => ({ ...good, data: {} })));
      expect(answer.body.errors).toHaveLength(named);
      const indexes = answer.body.errors.map(({ index }: { index: number }) => index);
      expect(new Set(indexes).size).toBe(Math.min(events, 100));
    });

    it('a batch with an event that outgrows a record when it is lifted', async () => {
      const lines = Array.from({ length: 400 }, () => ({ sku: 'SKU-1', quantity: 1, unitPrice: 1 }));
      const old = { ...good, eventVersion: '1.0', data: { ...good.data, lines, total: 400 } };
      const room = 256 * 1024 - JSON.stringify(old).length - 300;
      const answer = await post([good, { ...old, metadata: { text: 'x'.repeat(room) } }]);
      expect(answer).toMatchObject({ status: 413, body: { code: 'too-large', errors: [{ index: 1 }] } });
    });

    it('a body that grows beyond the limit when unpacked', async () => {
      const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
      expect((await post(bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
    });

    it.each([
      ['text/csv', 'a,b'],
      ['application/cloudevents+avro', 'x'],
    ])('%s', async (type, body) => {
      expect(await post(body, { 'content-type': type })).toMatchObject({
        status: 415,
        body: { code: 'unsupported-media-type' },
      });
    });

    it('an encoding that nobody knows', async () => {
      expect((await post(JSON.stringify(good), { 'content-encoding': 'rot13' })).status).toBe(415);
    });

    it('without a piece of the payload in the answer', async () => {
      const answer = await post({ ...good, data: { ...good.data, currency: 'CANARY-7F' } });
      expect(answer.status).toBe(422);
      expect(answer.text).not.toContain('CANARY');
    });
  });

  it('reads compressed bodies', async () => {
    const body = Buffer.from(JSON.stringify(orderPlaced('o-1')));
    expect((await post(gzipSync(body), { 'content-encoding': 'gzip' })).status).toBe(202);
    expect((await post(brotliCompressSync(body), { 'content-encoding': 'br' })).status).toBe(202);
  });

  it('keeps hidden prototypes out', async () => {
    const text = JSON.stringify(orderPlaced('o-1')).replace('"data":{', '"data":{"__proto__":{"polluted":true},');
    expect((await post(text)).status).toBe(202);
    expect(started.publisher.records[0]?.value?.toString()).not.toContain('polluted');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it.each(['failing', 'silent'] as const)('answers 503 with Retry-After while Kafka is %s', async (away) => {
    started.publisher.away = away;
    const answer = await post(orderPlaced('o-1'));
    expect(answer).toMatchObject({ status: 503, body: { code: 'kafka-unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('5');
    started.publisher.away = undefined;
    expect((await post(orderPlaced('o-1'))).status).toBe(202);
  });

  it('logs ids and no payloads', async () => {
    await post({ ...orderPlaced('o-1'), metadata: { note: 'CANARY-1' } });
    await post({ ...orderPlaced('o-1'), data: { note: 'CANARY-2' } });
    const log = JSON.stringify(started.logged);
    expect(log).toContain(started.publisher.events()[0]?.event.eventId);
    expect(log).not.toContain('CANARY');
    expect(log).not.toContain('cust-1');
  });
});
