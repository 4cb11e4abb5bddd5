import { transitionId } from '../../store/transition-id';
import type { DeadLetter, StreamRow, Transition } from '../../store/types';

export const orderData = (orderId: string) => ({
  orderId,
  customerId: 'cust-1',
  currency: 'EUR',
  lines: [{ sku: 'SKU-1', quantity: 2, unitPriceCents: 1_250 }],
  totalCents: 2_500,
  shipTo: { country: 'DE' },
});

/** As a caller posts it: without id, time and correlation. */
export const orderPlaced = (orderId: string, tenantId = 'acme') => ({
  eventType: 'OrderPlaced',
  eventVersion: '1.1',
  aggregateId: orderId,
  aggregateType: 'Order',
  tenantId,
  data: orderData(orderId),
});

const at = '2026-03-01T09:00:00.000Z';

export const streamRow = (key: string, more: Partial<StreamRow> = {}): StreamRow => {
  const { target = 'orderSaga', tenantId = 'acme' } = more;
  return {
    subject: `${target}/${tenantId}/${key}`,
    ...{ target, tenantId, key },
    chain: 'run-1',
    version: 2,
    status: 'open',
    stage: 'stock-reserved',
    state: { at: 'stock-reserved' },
    machineVersion: 1,
    correlationId: 'corr-1',
    deadline: null,
    createdAt: at,
    updatedAt: at,
    ...more,
  };
};

export const transition = (subject: string, version: number, more: Partial<Transition> = {}): Transition => ({
  transitionId: transitionId(subject, version),
  version,
  from: version === 1 ? null : 'placed',
  to: version === 1 ? 'placed' : 'stock-reserved',
  causes: [],
  recordedAt: at,
  ...more,
});

export const deadLetter = (id: string, more: Partial<DeadLetter> = {}): DeadLetter => ({
  id,
  deadLetterTopic: 'commerce.orders.events.dlq',
  partition: 0,
  offset: '7',
  originalTopic: 'commerce.orders.events',
  originalPartition: 3,
  originalOffset: '42',
  eventId: '019a0000-0000-7000-8000-000000000001',
  eventType: 'OrderPlaced',
  tenantId: 'acme',
  key: 'o-1',
  cause: 'schema-violation',
  message: 'data.lines: is too short',
  value: Buffer.from('{"eventType":"OrderPlaced"}'),
  headers: {
    'event-type': 'OrderPlaced',
    'x-original-topic': 'commerce.orders.events',
    'x-error-code': 'schema-violation',
  },
  deadAt: at,
  redrivenAt: null,
  redriveCount: 0,
  ...more,
});
