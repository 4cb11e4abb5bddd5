import { v5, validate, version } from 'uuid';
import { id } from './fields';
import {
  catalog,
  createRegistry,
  DEFAULT_LIMITS,
  defineEvent,
  type EventOf,
  encode,
  encodeEvent,
  fields,
  InvalidEventError,
  newEvent,
  OrderCancelled,
  type OrderPlaced,
  olderVersion,
  registry,
  TransitionRecorded,
} from './index';
import { orderPlaced } from './testing/examples';

const cancelled = (changes: object = {}) =>
  newEvent(OrderCancelled, { tenantId: 'acme', aggregateId: 'o-1', data: { orderId: 'o-1' }, ...changes });

function faultOf(run: () => unknown): InvalidEventError['fault'] {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidEventError) return error.fault;
    throw error;
  }
  throw new Error('valid');
}

describe('a new event', () => {
  it('has an id that sorts by time, is its own correlation, and says type, version and aggregate', () => {
    const event = cancelled();
    expect(validate(event.eventId) && version(event.eventId)).toBe(7);
    expect(event).toMatchObject({
      eventType: 'OrderCancelled',
      eventVersion: '1.0',
      aggregateType: 'Order',
      correlationId: event.eventId,
    });
    expect(Object.keys(event)).not.toContain('causationId');
    expect(cancelled().eventId).not.toBe(event.eventId);
  });

  it('takes given ids and metadata', () => {
    const eventId = v5('x', v5.URL);
    expect(
      cancelled({
        eventId,
        correlationId: 'c',
        causationId: 'd',
        metadata: { a: [1] },
        eventTime: '2026-01-01T00:00:00Z',
      }),
    ).toMatchObject({
      eventId,
      correlationId: 'c',
      causationId: 'd',
      metadata: { a: [1] },
      eventTime: '2026-01-01T00:00:00.000Z',
    });
  });

  it('names the field at fault', () => {
    expect(faultOf(() => cancelled({ tenantId: '' }))).toMatchObject({ code: 'not-an-envelope', path: 'tenantId' });
    expect(faultOf(() => cancelled({ data: { orderId: 7 } }))).toMatchObject({
      code: 'schema-violation',
      path: 'data.orderId',
    });
    expect(faultOf(() => cancelled({ data: { orderId: 'o', note: 'a\u0000' } }))).toMatchObject({
      code: 'schema-violation',
      path: 'data.note',
    });
    expect(
      faultOf(() => newEvent(TransitionRecorded, { tenantId: 'a', aggregateId: 'b', data: {} as never })),
    ).toMatchObject({ path: 'aggregateType' });
    expect(faultOf(() => cancelled({ aggregateId: 'o-2' }))).toMatchObject({ path: 'data.orderId' });
    expect(() => cancelled({ data: {} })).toThrow('data.orderId: ');
    expect(faultOf(() => cancelled({ tenantId: '', data: {} })).more).toMatchObject([{ path: 'data.orderId' }]);
  });
});

describe('encoding', () => {
  it('writes the envelope as JSON, keyed by aggregate, with the headers that routing needs', () => {
    const event = orderPlaced();
    const record = encode(event);
    expect(record).toMatchObject({ topic: 'commerce.orders.events', key: 'o-1' });
    expect(JSON.parse(record.value.toString())).toEqual(event);
    expect(record.headers).toEqual({
      'event-id': event.eventId,
      'event-type': 'OrderPlaced',
      'event-version': '1.1',
      'tenant-id': 'acme',
      'correlation-id': event.correlationId,
    });
  });

  it('leaves a broken traceparent out', () => {
    expect(encode(orderPlaced(), { traceparent: 'nonsense' }).headers).not.toHaveProperty('traceparent');
  });

  it('refuses what readers would refuse for its size', () => {
    const event = cancelled({ metadata: { note: 'x'.repeat(DEFAULT_LIMITS.maxBytes) } });
    expect(faultOf(() => encode(event)).code).toBe('oversized');
    expect(encode(event, { maxBytes: 1_000_000 }).key).toBe('o-1');
  });

  it('needs a topic from somewhere', () => {
    const unknown = { ...cancelled(), eventType: 'Unheard' };
    expect(faultOf(() => encode(unknown))).toMatchObject({ code: 'unknown-type', path: 'eventType' });
    expect(encodeEvent(unknown, undefined, { topic: 'elsewhere' }).topic).toBe('elsewhere');
  });
});

describe('the catalog', () => {
  it('gives a JSON schema per event and version, as producers write it', () => {
    const entries = catalog(registry.definitions);
    const placed = entries.find(({ type }) => type === 'OrderPlaced');
    expect(placed).toMatchObject({
      topic: 'commerce.orders.events',
      aggregateType: 'Order',
      aggregateIdField: 'orderId',
      latest: { version: '1.1' },
      older: [{ version: '1.0' }],
    });
    expect(placed?.latest.data).toMatchObject({
      type: 'object',
      required: ['orderId', 'customerId', 'currency', 'lines', 'totalCents', 'shipTo'],
    });
    const scheduled = entries.find(({ type }) => type === 'AppointmentScheduled');
    expect(scheduled?.latest.data['required']).not.toContain('startsAt');
    expect(entries).toHaveLength(registry.definitions.length);
    expect(JSON.stringify(entries)).not.toContain('"additionalProperties":false');
  });
});

describe('a definition', () => {
  const oldest = olderVersion('1.0', fields({ first: id }), ({ first, ...rest }) => ({ ...rest, second: first }));
  const older = olderVersion('1.1', fields({ second: id }), ({ second, ...rest }) => ({ ...rest, third: second }));
  const Renamed = defineEvent({
    type: 'Renamed',
    version: '2.0',
    topic: 't',
    aggregateType: 'Order',
    description: '',
    data: fields({ third: id }),
    older: [oldest, older],
  });

  it('lifts step by step from whichever version', () => {
    const lift = (eventVersion: string, data: object): unknown => {
      const result = createRegistry([Renamed]).decode({
        key: null,
        headers: {},
        value: Buffer.from(JSON.stringify({ ...cancelled(), eventType: 'Renamed', eventVersion, data })),
      });
      return result.ok ? result.event.data : result.fault;
    };
    expect(lift('1.0', { first: 'x', kept: 1 })).toEqual({ third: 'x', kept: 1 });
    expect(lift('1.1', { second: 'x' })).toEqual({ third: 'x' });
    expect(lift('2.0', { third: 'x' })).toEqual({ third: 'x' });
    expect(lift('1.1', { first: 'x' })).toMatchObject({ code: 'schema-violation', path: 'data.second' });
  });

  it('names a field of its data as the id of its aggregate, any other one is a compile error', () => {
    const about = { type: 'T', version: '1.0', topic: 't', aggregateType: 'A', description: '' };
    expect(defineEvent({ ...about, data: fields({ orderId: id }), aggregateIdField: 'orderId' }).older).toEqual([]);
    // @ts-expect-error misspelt
    expect(defineEvent({ ...about, data: fields({ orderId: id }), aggregateIdField: 'ordreId' }).older).toEqual([]);
  });

  it('types its events: a misspelt or missing field is a compile error', () => {
    const event: EventOf<typeof OrderPlaced> = orderPlaced();
    expect(event.data.totalCents).toBe(3_998);
    // @ts-expect-error misspelt
    expect(event.data.totalCent).toBeUndefined();
    // @ts-expect-error data without its order
    expect(() => newEvent(OrderCancelled, { tenantId: 'a', aggregateId: 'b', data: {} })).toThrow(InvalidEventError);
  });
});
