import {
  AppointmentScheduled,
  type DecodeFault,
  defineEvent,
  type Envelope,
  encode,
  fields,
  OrderPlaced,
  registry,
} from './index';
import { createRegistry } from './registry';
import { examples, orderPlaced, orderPlacedInDecimals } from './testing/examples';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const jsonOf = (value: unknown) => ({
  key: 'o-1',
  headers: {},
  value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});

function decoded(value: unknown, headers: Record<string, string> = {}): Envelope {
  const result = registry.decode({ ...jsonOf(value), headers });
  if (!result.ok) throw new Error(JSON.stringify(result.fault));
  return result.event;
}

function faultOf(value: unknown, options: object = {}): DecodeFault {
  const result = registry.decode({ ...jsonOf(value), ...options });
  if (result.ok) throw new Error('decoded');
  return result.fault;
}

const placed = (changes: object = {}): Record<string, unknown> => ({ ...orderPlaced(), ...changes });

describe('decoding a record', () => {
  it('gives back every event as it was written', () => {
    for (const event of examples()) {
      const record = encode(event, { topic: 'any' });
      expect(registry.decode(record)).toMatchObject({ ok: true, event });
      expect(decoded(event)).toEqual(event);
    }
    expect(new Set(examples().map(({ eventType }) => eventType)).size).toBe(registry.definitions.length);
  });

  it('names the definition and the trace it came with', () => {
    const result = registry.decode(encode(orderPlaced(), { traceparent: TRACE }));
    expect(result).toMatchObject({ ok: true, definition: OrderPlaced, traceparent: TRACE });
  });

  it.each([
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331',
    '',
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    'x\r\ny',
  ])('drops the broken traceparent %j', (traceparent) => {
    expect(registry.decode({ ...jsonOf(placed()), headers: { traceparent } })).toMatchObject({
      ok: true,
      traceparent: undefined,
    });
  });

  it('keeps unknown fields in data, however deep', () => {
    const data = {
      ...orderPlaced().data,
      giftNote: 'hi',
      totalCents: 1,
      lines: [{ sku: 's', quantity: 1, unitPriceCents: 1, colour: 'red' }],
    };
    expect(decoded(placed({ data })).data).toMatchObject({ giftNote: 'hi', lines: [{ colour: 'red' }] });
  });

  it('refuses an order whose total is not the sum of its lines', () => {
    const { data } = orderPlaced();
    expect(faultOf(placed({ data: { ...data, totalCents: data.totalCents + 1 } }))).toMatchObject({
      code: 'schema-violation',
      path: 'data.totalCents',
    });
  });

  it('drops unknown fields beside data: nobody sets where an event was read from', () => {
    const event = orderPlaced();
    expect(decoded({ ...event, source: { topic: 'forged' }, traceparent: 'forged' })).toEqual(event);
  });

  it('brings ids to one spelling and times to UTC', () => {
    const event = decoded(
      placed({ eventId: '550E8400-E29B-41D4-A716-446655440000', eventTime: '2026-03-01T10:00:00.5+01:00' }),
    );
    expect(event).toMatchObject({
      eventId: '550e8400-e29b-41d4-a716-446655440000',
      eventTime: '2026-03-01T09:00:00.500Z',
    });
  });

  it('takes the event as its own correlation where there is none', () => {
    const { correlationId: _, ...without } = orderPlaced();
    expect(decoded(without).correlationId).toBe(without.eventId);
  });

  it("takes the contract's type of aggregate where none is said", () => {
    const { aggregateType: _, ...without } = orderPlaced();
    expect(decoded(without).aggregateType).toBe('Order');
  });

  it('lets payments and shipments have an aggregate of their own', () => {
    for (const event of examples().filter(({ eventType }) => /^(Payment|Shipment)/.test(eventType)))
      expect(decoded({ ...event, aggregateId: 'anything' }).aggregateId).toBe('anything');
  });

  it('lifts OrderPlaced 1.0 to 1.1: decimals to cents, unknown fields kept', () => {
    const event = decoded(placed({ eventVersion: '1.0', data: orderPlacedInDecimals() }));
    expect(event.eventVersion).toBe('1.1');
    expect(event.data).toEqual({
      orderId: 'o-1',
      customerId: 'cust-1',
      currency: 'EUR',
      lines: [{ sku: 'SKU-1', quantity: 2, unitPriceCents: 1_999, gift: true }],
      totalCents: 3_998,
      shipTo: { country: 'DE' },
      channel: 'shop',
    });
  });

  it.each([
    [0.1 + 0.2, 30],
    [1.005, undefined],
    [19.999, undefined],
    [4_503_599_627_370.49, 450_359_962_737_049],
    [-1, undefined],
    [0, 0],
  ])('makes of a decimal total %d the cents %d, or refuses', (total, totalCents) => {
    const event = placed({
      eventVersion: '1.0',
      data: { ...orderPlacedInDecimals(), total, lines: [{ sku: 's', quantity: 1, unitPrice: total }] },
    });
    if (totalCents === undefined)
      expect(faultOf(event)).toMatchObject({
        code: 'schema-violation',
        path: expect.stringMatching(/^data\.(total|lines)/),
      });
    else expect(decoded(event).data).toMatchObject({ totalCents });
  });

  it('computes the instant of an appointment from its own time and zone, unless it is stated', () => {
    const event = {
      ...orderPlaced(),
      eventType: 'AppointmentScheduled',
      eventVersion: '1.0',
      aggregateType: 'Appointment',
      aggregateId: 'a',
    };
    const data = {
      appointmentId: 'a',
      patientId: 'p',
      practitionerId: 'd',
      startsAtLocal: '2026-03-29T02:30:00',
      timeZone: 'Europe/Berlin',
      durationMinutes: 30,
    };
    expect(decoded({ ...event, data }).data).toMatchObject({ startsAt: '2026-03-29T01:30:00.000Z' });
    expect(decoded({ ...event, data: { ...data, startsAt: '2026-03-29T00:30:00Z' } }).data).toMatchObject({
      startsAt: '2026-03-29T00:30:00.000Z',
    });
    expect(faultOf({ ...event, data: { ...data, timeZone: 'Mars/Olympus' } })).toMatchObject({
      code: 'schema-violation',
      path: 'data.timeZone',
    });
    expect(faultOf({ ...event, data: { ...data, startsAtLocal: '2026-02-30T09:00:00' } })).toMatchObject({
      path: 'data.startsAtLocal',
    });
    expect(AppointmentScheduled.topic).toBe('healthcare.appointments.events');
  });

  describe('names what is wrong', () => {
    it.each<[string, unknown, object, Partial<DecodeFault>]>([
      ['a tombstone', '', { value: null }, { code: 'empty' }],
      ['an empty value', '', {}, { code: 'empty' }],
      ['too many bytes', placed(), { maxBytes: 100 }, { code: 'oversized' }],
      ['more than 256 KiB', placed({ metadata: { note: 'x'.repeat(256 * 1024) } }), {}, { code: 'oversized' }],
      ['malformed JSON', '{"eventId": ', {}, { code: 'malformed-json' }],
      ['depth', placed({ metadata: { a: JSON.parse('['.repeat(40) + ']'.repeat(40)) } }), {}, { code: 'too-deep' }],
      ['depth, as asked', placed(), { maxDepth: 2 }, { code: 'too-deep' }],
      ['no object', '[]', {}, { code: 'not-an-envelope' }],
      ['a bare string', '"hello"', {}, { code: 'not-an-envelope' }],
      [
        'no tenant',
        placed({ tenantId: undefined }),
        {},
        { code: 'not-an-envelope', path: 'tenantId', eventType: 'OrderPlaced' },
      ],
      ['a tenant with a slash', placed({ tenantId: 'a/b' }), {}, { code: 'not-an-envelope', path: 'tenantId' }],
      [
        'an id that is no UUID',
        placed({ eventId: 'evt-1' }),
        {},
        { code: 'not-an-envelope', path: 'eventId', eventId: 'evt-1' },
      ],
      [
        'a key with control characters',
        placed({ aggregateId: 'a\nb' }),
        {},
        { code: 'not-an-envelope', path: 'aggregateId' },
      ],
      [
        'an impossible time',
        placed({ eventTime: '2026-02-30T00:00:00Z' }),
        {},
        { code: 'not-an-envelope', path: 'eventTime' },
      ],
      ['metadata that is no object', placed({ metadata: [] }), {}, { code: 'not-an-envelope', path: 'metadata' }],
      [
        'an unknown type',
        placed({ eventType: 'OrderExploded' }),
        {},
        { code: 'unknown-type', path: 'eventType', eventType: 'OrderExploded', tenantId: 'acme' },
      ],
      ['an unknown version', placed({ eventVersion: '9.9' }), {}, { code: 'unknown-version', path: 'eventVersion' }],
      [
        'a missing field',
        placed({ data: { orderId: 'o-1' } }),
        {},
        { code: 'schema-violation', path: 'data.customerId' },
      ],
      [
        'a wrong field, deep',
        placed({ data: { ...orderPlaced().data, lines: [{ sku: 's', quantity: 0, unitPriceCents: 1 }] } }),
        {},
        { code: 'schema-violation', path: 'data.lines.0.quantity' },
      ],
      [
        'another type of aggregate',
        placed({ aggregateType: 'order' }),
        {},
        { code: 'schema-violation', path: 'aggregateType', message: 'is not Order' },
      ],
      [
        'another aggregate than data has',
        placed({ aggregateId: 'o-2' }),
        {},
        { code: 'schema-violation', path: 'data.orderId' },
      ],
      [
        'another aggregate than data of 1.0 has',
        placed({ eventVersion: '1.0', aggregateId: 'o-2', data: orderPlacedInDecimals() }),
        {},
        { code: 'schema-violation', path: 'data.orderId' },
      ],
      ['no data', placed({ data: undefined }), {}, { code: 'not-an-envelope', path: 'data' }],
      [
        'a NUL in an unknown field',
        placed({ data: { ...orderPlaced().data, note: '\u0000' } }),
        {},
        { code: 'schema-violation', path: 'data.note' },
      ],
      [
        'a bad 1.0',
        placed({ eventVersion: '1.0', data: { ...orderPlacedInDecimals(), lines: [] } }),
        {},
        { code: 'schema-violation', path: 'data.lines' },
      ],
    ])('%s', (_, value, options, fault) => {
      expect(faultOf(value, options)).toMatchObject(fault);
    });

    it('names every field at fault, those of the envelope and those of the data, each once', () => {
      const { customerId: _, ...data } = orderPlaced().data;
      const fault = faultOf(placed({ tenantId: 'a/b', eventTime: 'noon', data: { ...data, currency: 'euro' } }));
      const paths = [fault, ...(fault.more ?? [])].map(({ path }) => path);
      expect(paths).toEqual(['eventTime', 'tenantId', 'data.customerId', 'data.currency']);
      expect(faultOf(placed({ tenantId: undefined, data: undefined })).more).toEqual([
        { path: 'data', message: expect.any(String) },
      ]);
      const elsewhere = placed({ aggregateType: 'Parcel', aggregateId: 'o-2', tenantId: undefined });
      expect(faultOf(elsewhere).more).toMatchObject([{ path: 'aggregateType' }, { path: 'data.orderId' }]);
      expect(faultOf(placed({ tenantId: undefined, eventVersion: '9.9' })).more).toMatchObject([
        { path: 'eventVersion' },
      ]);
    });

    it('names 20 fields at most', () => {
      const lines = Array.from({ length: 30 }, () => ({ sku: '', quantity: 1, unitPriceCents: 1 }));
      expect(faultOf(placed({ data: { ...orderPlaced().data, lines } })).more).toHaveLength(19);
    });

    it('tells ids from the headers where the value cannot be read, if they are printable', () => {
      const headers = { 'event-id': 'e-1', 'event-type': 'OrderPlaced', 'tenant-id': 'ac\nme' };
      expect(faultOf('{', { headers })).toMatchObject({
        code: 'malformed-json',
        eventId: 'e-1',
        eventType: 'OrderPlaced',
        tenantId: undefined,
      });
    });

    it('never quotes values: they may be personal', () => {
      for (const value of [
        placed({ tenantId: 'Jane Doe' }),
        placed({ data: { ...orderPlaced().data, currency: 'Jane Doe' } }),
      ]) {
        expect(faultOf(value).message).not.toContain('Jane');
      }
    });
  });

  it('does not hide a bug of ours as a bad record', () => {
    const broken = defineEvent({
      type: 'Broken',
      version: '1.0',
      topic: 't',
      aggregateType: 'A',
      description: '',
      data: fields({}).transform(() => JSON.parse('{')),
    });
    const record = jsonOf(placed({ eventType: 'Broken', eventVersion: '1.0' }));
    expect(() => createRegistry([broken]).decode(record)).toThrow(SyntaxError);
  });

  it('has one definition per type', () => {
    expect(() => createRegistry([OrderPlaced, OrderPlaced])).toThrow('two definitions of OrderPlaced');
    expect(registry.definition('OrderPlaced')).toBe(OrderPlaced);
    expect(registry.definition('toString')).toBeUndefined();
  });
});
