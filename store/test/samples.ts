import { randomUUID } from 'node:crypto';
import type { AppendRequest, DeliveredEvent, SubjectRef } from '../types';

export const subjectRef = (key: string = randomUUID(), tenantId = 'acme'): SubjectRef => ({
  subject: `orderSaga/${tenantId}/${key}`,
  target: 'orderSaga',
  tenantId,
  key,
});

export const deliveredEvent = (ref: SubjectRef, eventId: string = randomUUID()): DeliveredEvent => ({
  eventId,
  eventType: 'PaymentSettled',
  eventVersion: '1.0',
  eventTime: '2026-03-01T09:00:00.000Z',
  aggregateId: ref.key,
  aggregateType: 'Payment',
  tenantId: ref.tenantId,
  correlationId: `correlation-${ref.key}`,
  data: { orderId: ref.key },
});

/** The append of a stream's first move, `placed`, caused by `e1`; or as `changes` say. */
export const appendRequest = (ref: SubjectRef, changes: Partial<AppendRequest> = {}): AppendRequest => ({
  ...ref,
  chain: 'chain-1',
  correlationId: `correlation-${ref.key}`,
  expectedVersion: 0,
  transitions: [{ from: null, to: 'placed', causes: ['e1'] }],
  consumed: [{ eventId: 'e1', version: 0 }],
  late: [],
  after: { stage: 'placed', state: { at: 'placed' }, machineVersion: 1, closed: false },
  ...changes,
});

/** The append of one move from `version` to the next, caused by one event. */
export const nextAppend = (ref: SubjectRef, version: number, eventId = `e${version + 1}`): AppendRequest =>
  appendRequest(ref, {
    expectedVersion: version,
    transitions: [{ from: version === 0 ? null : `s${version}`, to: `s${version + 1}`, causes: [eventId] }],
    consumed: [{ eventId, version }],
    after: { stage: `s${version + 1}`, state: { version: version + 1 }, machineVersion: 1, closed: false },
  });
