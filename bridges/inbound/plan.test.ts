import { encode, newEvent, OrderPlaced, registry } from '@millrace/events';
import type { IncomingRecord } from '@millrace/kafka';
import { orderSagaContract } from '../../workflows/orders/order-saga.contract';
import { deadLetterOf } from '../dead-letter';
import { planFor } from './plan';
import { on, type Route } from './route';
import { placed, recordOf } from './testing/bridge-parts';

const { traceparent: _none, ...event } = placed().event;
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const record = { ...recordOf('orders'), ...encode(event, { topic: 'orders', traceparent }) };
const route = on(OrderPlaced).start({ target: orderSagaContract, key: ({ data }) => data.orderId });
const plan = (routes: readonly Route[], given: IncomingRecord = record) =>
  planFor(given, registry.decode, () => routes);

describe('the plan for a record', () => {
  it('is one delivery per route, to the subject within the tenant, with trace and place', () => {
    expect(plan([route])).toMatchObject({
      kind: 'deliver',
      deliveries: [
        {
          ref: { subject: 'orderSaga/acme/order-1' },
          mayStart: true,
          event: {
            eventId: event.eventId,
            traceparent,
            source: { topic: 'orders', partition: 0, offset: String(record.offset) },
          },
        },
      ],
    });
  });

  it.each([
    ['2', '2'],
    ['often', undefined],
    [undefined, undefined],
  ])('remembers of a record that was redriven %s times that it was, should its event die again', (count, kept) => {
    const headers = { ...record.headers, ...(count === undefined ? {} : { 'x-redrive-count': count }) };
    const planned = plan([route], { ...record, headers });
    const [delivery] = planned.kind === 'deliver' ? planned.deliveries : [];
    if (delivery === undefined) throw new Error('no delivery');
    const cause = { code: 'never-started', message: 'x', class: 'permanent', group: 'g' } as const;
    expect(deadLetterOf(delivery.event, cause).headers['x-redrive-count']).toBe(kept);
  });

  it('has no delivery without a route', () => {
    expect(plan([])).toMatchObject({ kind: 'deliver', deliveries: [] });
  });

  it('keeps tenants apart that use the same key', () => {
    const { eventType: _type, eventVersion: _version, ...rest } = event;
    const other = newEvent(OrderPlaced, {
      ...rest,
      tenantId: 'globex',
      data: placed().event.data as OrderPlaced['data'],
    });
    const planned = plan([route], { ...record, ...encode(other, { topic: 'orders' }) });
    expect(planned).toMatchObject({ deliveries: [{ ref: { subject: 'orderSaga/globex/order-1' } }] });
  });

  it.each([
    ['malformed-json', { value: Buffer.from('{"eventId":') }],
    ['empty', { value: null }],
    ['unknown-type', { value: Buffer.from(JSON.stringify({ ...event, eventType: 'OrderTeleported' })) }],
    ['unknown-version', { value: Buffer.from(JSON.stringify({ ...event, eventVersion: '99.0' })) }],
    ['schema-violation', { value: Buffer.from(JSON.stringify({ ...event, data: { orderId: 'x' } })) }],
    ['oversized', { value: Buffer.alloc(300 * 1024, 32) }],
  ])('is a dead letter for %s', (code, change) => {
    expect(plan([route], { ...record, ...change })).toMatchObject({ kind: 'bury', cause: { code, poison: true } });
  });

  it('says in a dead letter whose event it was', () => {
    const value = Buffer.from(JSON.stringify({ ...event, data: { orderId: 'x' } }));
    expect(plan([route], { ...record, value })).toMatchObject({
      eventId: event.eventId,
      eventType: 'OrderPlaced',
      tenantId: 'acme',
    });
  });

  it.each([
    ['no-key', () => ''],
    [
      'route-failed',
      () => {
        throw new TypeError('a bug in a route');
      },
    ],
  ])('is a dead letter as %s and stops nothing', (code, key) => {
    const faulty = on(OrderPlaced).start({ target: orderSagaContract, key });
    expect(plan([faulty])).toMatchObject({ kind: 'bury', cause: { code }, eventId: event.eventId });
  });

  it('survives a registry that throws', () => {
    const decode = () => {
      throw new Error('a bug in decoding');
    };
    expect(planFor(record, decode, () => [route])).toMatchObject({ kind: 'bury', cause: { code: 'not-an-envelope' } });
  });
});
