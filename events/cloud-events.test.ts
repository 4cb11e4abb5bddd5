import fc from 'fast-check';
import { type Envelope, encode, newEvent, OrderCancelled, registry } from './index';
import { examples, orderPlaced, orderPlacedInDecimals } from './testing/examples';

const FORMATS = ['cloudevents-binary', 'cloudevents-structured'] as const;
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const foreign = {
  specversion: '1.0',
  id: '4711',
  source: '/shop/checkout',
  type: 'com.shop.OrderPlaced',
  time: '2026-03-01T10:00:00+01:00',
  tenantid: 'acme',
  subject: 'o-1',
};

const binary = (attributes: Record<string, string>, data: unknown, headers: Record<string, string> = {}) => ({
  key: 'key-of-the-record',
  timestamp: Date.parse('2026-01-01T00:00:00Z'),
  value: Buffer.from(JSON.stringify(data)),
  headers: {
    ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value])),
    ...headers,
  },
});

const structured = (
  attributes: Record<string, unknown>,
  data: unknown,
  contentType = 'application/cloudevents+json; charset=UTF-8',
) => ({
  key: null,
  value: Buffer.from(JSON.stringify({ ...attributes, data })),
  headers: contentType === '' ? {} : { 'Content-Type': contentType },
});

function eventOf(record: Parameters<typeof registry.decode>[0]): Envelope {
  const result = registry.decode(record);
  if (!result.ok) throw new Error(JSON.stringify(result.fault));
  return result.event;
}

function faultOf(record: Parameters<typeof registry.decode>[0]): object {
  const result = registry.decode(record);
  if (result.ok) throw new Error('decoded');
  return result.fault;
}

describe('CloudEvents', () => {
  it.each(FORMATS)('%s: our own events come back as they were, id included', (format) => {
    for (const event of examples()) expect(eventOf(encode(event, { format, topic: 'any' }))).toEqual(event);
  });

  it.each(FORMATS)('%s: whatever an event holds comes back', (format) => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((value) => !/[\p{Cc}\p{Cs}]/u.test(value));
    fc.assert(
      fc.property(
        text,
        text,
        fc.option(
          fc.dictionary(
            text.filter((key) => key !== '__proto__' && key !== 'cloudEvent'),
            text,
          ),
          { nil: undefined },
        ),
        (aggregateId, reason, metadata) => {
          const event = newEvent(OrderCancelled, {
            tenantId: 'acme',
            aggregateId,
            metadata: metadata !== undefined && Object.keys(metadata).length > 0 ? metadata : undefined,
            data: { orderId: aggregateId, reason },
          });
          expect(eventOf(encode(event, { format }))).toEqual(event);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('writes the attribute names of the Kafka binding, key and trace included', () => {
    const event = orderPlaced();
    const record = encode(event, { format: 'cloudevents-binary', traceparent: TRACE });
    expect(record.key).toBe('o-1');
    expect(JSON.parse(record.value.toString())).toEqual(event.data);
    expect(record.headers).toMatchObject({
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: event.eventId,
      ce_source: '/millrace/acme',
      ce_type: 'OrderPlaced',
      ce_subject: 'o-1',
      ce_partitionkey: 'o-1',
      ce_time: event.eventTime,
      ce_eventversion: '1.1',
      ce_tenantid: 'acme',
      ce_correlationid: event.correlationId,
      ce_aggregatetype: 'Order',
      ce_traceparent: TRACE,
      traceparent: TRACE,
      'event-id': event.eventId,
    });
    for (const name of Object.keys(record.headers).filter((one) => one.startsWith('ce_')))
      expect(name).toMatch(/^ce_[a-z0-9]{1,20}$/);
  });

  it("reads another team's OrderPlaced 1.0, binary and structured alike", () => {
    const one = eventOf(binary(foreign, orderPlacedInDecimals()));
    const other = eventOf(structured(foreign, orderPlacedInDecimals()));
    expect(one).toEqual(other);
    expect(one).toMatchObject({
      eventType: 'OrderPlaced',
      eventVersion: '1.1',
      eventTime: '2026-03-01T09:00:00.000Z',
      aggregateId: 'o-1',
      aggregateType: 'Order',
      tenantId: 'acme',
      correlationId: one.eventId,
      metadata: { cloudEvent: { id: '4711', source: '/shop/checkout', type: 'com.shop.OrderPlaced' } },
      data: { totalCents: 3_998 },
    });
  });

  it('knows a foreign event by source and id, the same each time', () => {
    const idOf = (changes: object): string =>
      eventOf(binary({ ...foreign, ...changes }, orderPlacedInDecimals())).eventId;
    expect(idOf({})).toBe(idOf({}));
    expect(idOf({})).toBe('25313344-5f10-5ad6-a85d-46b3c5f9bbfe');
    expect(
      new Set([
        idOf({}),
        idOf({ id: '4712' }),
        idOf({ source: '/shop' }),
        idOf({ source: '/shop/checkout4711', id: '4' }),
      ]).size,
    ).toBe(4);
  });

  it.each(FORMATS)('%s: restores what a foreign event had when it is written again', (format) => {
    const event = eventOf(
      binary(
        {
          ...foreign,
          subject: 'orders/o-1',
          partitionkey: 'o-1',
          shopregion: 'eu',
          dataschema: 'https://shop/order/1.0.json',
        },
        orderPlacedInDecimals(),
      ),
    );
    const again = encode(event, { format });
    const attributes =
      format === 'cloudevents-binary'
        ? Object.fromEntries(Object.entries(again.headers).map(([name, value]) => [name.replace(/^ce_/, ''), value]))
        : JSON.parse(again.value.toString());
    expect(attributes).toMatchObject({
      id: '4711',
      source: '/shop/checkout',
      type: 'com.shop.OrderPlaced',
      subject: 'orders/o-1',
      shopregion: 'eu',
      eventversion: '1.1',
      partitionkey: 'o-1',
    });
    expect(eventOf(again)).toMatchObject({
      eventId: event.eventId,
      aggregateId: 'o-1',
      eventVersion: '1.1',
      data: event.data,
    });
  });

  it('finds type and version where producers put them', () => {
    const versionOf = (changes: Record<string, string>, data: unknown): string => {
      const { eventType, eventVersion } = eventOf(binary({ ...foreign, ...changes }, data));
      expect(eventVersion).toBe('1.1');
      return eventType;
    };
    expect(versionOf({ type: 'OrderPlaced' }, orderPlacedInDecimals())).toBe('OrderPlaced');
    expect(versionOf({ type: 'com.shop.OrderPlaced.v1' }, orderPlacedInDecimals())).toBe('OrderPlaced');
    expect(versionOf({ dataschema: 'https://shop/order-placed/1.1' }, orderPlaced().data)).toBe('OrderPlaced');
    expect(versionOf({ eventversion: '1.1', dataschema: 'x/1.0' }, orderPlaced().data)).toBe('OrderPlaced');
    expect(faultOf(binary({ ...foreign, type: 'com.shop.OrderPlaced.v7' }, orderPlacedInDecimals()))).toMatchObject({
      code: 'unknown-version',
    });
  });

  it('takes the record for what the event does not say', () => {
    const { time: _, subject: __, ...less } = foreign;
    const payment = { paymentId: 'p-1', orderId: 'o-1', amountCents: 3_998, currency: 'EUR' };
    expect(eventOf(binary({ ...less, type: 'PaymentSettled' }, payment))).toMatchObject({
      aggregateId: 'key-of-the-record',
      eventTime: '2026-01-01T00:00:00.000Z',
    });
  });

  it("finds the aggregate's id in data where the contract has a field for it and the subject does not say another", () => {
    const { subject: _, ...less } = foreign;
    const read = (more: Record<string, string>) => eventOf(binary({ ...less, ...more }, orderPlacedInDecimals()));
    expect(read({}).aggregateId).toBe('o-1');
    expect(read({ subject: 'shop/orders/o-1' }).aggregateId).toBe('o-1');
    for (const attributes of [{ subject: 'o-2' }, { subject: 'orders/oo-1' }, { subject: 'o-1', partitionkey: 'o-2' }])
      expect(faultOf(binary({ ...less, ...attributes }, orderPlacedInDecimals()))).toMatchObject({
        code: 'schema-violation',
        path: 'data.orderId',
      });
    expect(faultOf(binary({ ...foreign, aggregatetype: 'Parcel' }, orderPlacedInDecimals()))).toMatchObject({
      code: 'schema-violation',
      path: 'aggregateType',
    });
  });

  it('recognises structured ones by content type in any case, or by specversion', () => {
    for (const type of ['APPLICATION/CloudEvents+JSON', 'application/cloudevents', ''])
      expect(eventOf(structured(foreign, orderPlacedInDecimals(), type)).eventType).toBe('OrderPlaced');
  });

  it('reads the trace from the extension or from the plain header', () => {
    expect(registry.decode(binary({ ...foreign, traceparent: TRACE }, orderPlacedInDecimals()))).toMatchObject({
      traceparent: TRACE,
    });
    expect(registry.decode(binary(foreign, orderPlacedInDecimals(), { traceparent: TRACE }))).toMatchObject({
      traceparent: TRACE,
    });
  });

  it.each([
    ['no tenant', { tenantid: '' }, 'tenantId'],
    ['no id', { id: '' }, 'id'],
    ['no source', { source: '' }, 'source'],
    ['no type', { type: '' }, 'type'],
    ['another version of the specification', { specversion: '0.3' }, 'specversion'],
    ['no time', { time: 'yesterday' }, 'eventTime'],
  ])('names what is missing: %s', (_, changes, path) => {
    expect(faultOf(binary({ ...foreign, ...changes }, orderPlacedInDecimals()))).toMatchObject({
      code: 'not-an-envelope',
      path,
    });
    expect(faultOf(structured({ ...foreign, ...changes }, orderPlacedInDecimals()))).toMatchObject({
      code: 'not-an-envelope',
      path,
    });
  });

  it('names every attribute that is missing', () => {
    expect(faultOf(structured({ ...foreign, id: '', source: '', type: '' }, orderPlacedInDecimals()))).toMatchObject({
      path: 'id',
      more: [{ path: 'source' }, { path: 'type' }],
    });
  });

  it('refuses NUL in an attribute and an event without data', () => {
    expect(faultOf(binary({ ...foreign, shopregion: 'a\u0000b' }, orderPlacedInDecimals()))).toMatchObject({
      code: 'schema-violation',
      path: 'shopregion',
    });
    expect(faultOf({ ...binary(foreign, null), value: null })).toMatchObject({ code: 'empty' });
    expect(faultOf(structured(foreign, undefined))).toMatchObject({ code: 'schema-violation', path: 'data' });
    expect(faultOf({ ...structured(foreign, {}), value: Buffer.from('[]') })).toMatchObject({
      code: 'not-an-envelope',
    });
  });

  it('keeps metadata that travels as text or as an object, and passes over broken ones', () => {
    const own = { ...foreign, source: '/millrace/acme', id: '550e8400-e29b-41d4-a716-446655440000' };
    const metadataOf = (metadata: unknown): unknown =>
      eventOf(structured({ ...own, metadata }, orderPlacedInDecimals())).metadata;
    expect([metadataOf({ a: 1 }), metadataOf('{"a":1}'), metadataOf('{'), metadataOf('[]'), metadataOf(7)]).toEqual([
      { a: 1 },
      { a: 1 },
      undefined,
      undefined,
      undefined,
    ]);
  });
});
