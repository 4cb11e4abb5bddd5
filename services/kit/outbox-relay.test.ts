import { lanesOf } from './outbox-relay';

const row = (position: string, aggregateId: string) => ({
  position,
  traceparent: null,
  event: {
    eventId: position,
    eventType: 'StockReserved',
    eventVersion: '1.0',
    eventTime: '2026-01-01T00:00:00.000Z',
    aggregateId,
    aggregateType: 'Stock',
    tenantId: 'acme',
    correlationId: position,
    data: {},
  },
});

describe('the lanes of an outbox', () => {
  it('hold each aggregate’s events in the order of the outbox', () => {
    const lanes = lanesOf([row('1', 'a'), row('2', 'b'), row('3', 'a'), row('4', 'b'), row('5', 'c')]);
    expect(lanes.map((lane) => lane.map(({ position }) => position))).toEqual([['1', '3'], ['2', '4'], ['5']]);
  });
});
