import { newEvent, OrderCancelled, OrderPlaced, PaymentSettled } from '@millrace/events';
import type { IncomingRecord } from '@millrace/kafka';
import { silent, systemClock } from '@millrace/kafka';
import type { DeliveredEvent, LedgerVerdict } from '../../../store/types';
import { noBridgeMetrics } from '../../metrics';
import { type CountedCalls, createCallCounter } from '../call-counter';
import type { Cause, DeadLetters } from '../dead-letters';
import type { Delivery } from '../delivery';
import { createDispatch } from '../dispatch';
import { createGate } from '../gate';
import { createHeldLanes } from '../held-lane';
import { createLaneMemory } from '../lane-memory';
import { createPacedCalls } from '../paced-calls';
import type { RouteTarget } from '../route';
import { createSettle } from '../settle';
import { subjectRef } from '../subject';
import { createSweep } from '../sweep';
import type { MemoryWorld } from './memory-world';

export const target: RouteTarget = {
  target: 'orderSaga',
  taskQueue: 'millrace',
  transitionsTopic: 'commerce.orders.transitions',
  late: 'dead-letter',
  startsOn: ['OrderPlaced'],
  acceptsOn: ['PaymentSettled', 'OrderCancelled'],
  stages: [],
};
export const ref = subjectRef('orderSaga', 'acme', 'order-1');

export const LANES_PER_ROUND = 100;

const offsets = { next: 0n };
export function recordOf(topic: string, value: Buffer | null = Buffer.from('{}')): IncomingRecord {
  offsets.next += 1n;
  return { topic, partition: 0, offset: offsets.next, key: 'k', value, headers: {}, timestamp: 0 };
}

const common = { tenantId: 'acme', aggregateId: 'order-1' };
const orderData = {
  orderId: 'order-1',
  customerId: 'cust-1',
  currency: 'EUR',
  lines: [{ sku: 'SKU-1', quantity: 1, unitPriceCents: 100 }],
  totalCents: 100,
  shipTo: { country: 'DE' },
};

function deliveryOf(event: DeliveredEvent, topic: string, given: Partial<Delivery> = {}): Delivery {
  return { ref, target, event, mayStart: false, whenMissing: 'park', bytes: 100, record: recordOf(topic), ...given };
}
export const placed = (): Delivery =>
  deliveryOf(newEvent(OrderPlaced, { ...common, data: orderData }), 'commerce.orders.events', { mayStart: true });
export const cancelled = (given: Partial<Delivery> = {}): Delivery =>
  deliveryOf(newEvent(OrderCancelled, { ...common, data: { orderId: 'order-1' } }), 'commerce.orders.events', given);
export const settled = (given: Partial<Delivery> = {}): Delivery =>
  deliveryOf(
    newEvent(PaymentSettled, {
      ...common,
      data: { paymentId: 'p', orderId: 'order-1', amountCents: 100, currency: 'EUR' },
    }),
    'commerce.payments.events',
    given,
  );

export interface Buried {
  readonly eventId: string;
  readonly cause: Cause;
}

/** One bridge's parts on a world in memory, without Kafka. */
export function createBridgeParts(
  world: MemoryWorld,
  options: {
    /** In place of the world's. */
    workflows?: CountedCalls;
    now?: () => number;
    pause?: (ms: number) => Promise<void>;
    blockedParkMs?: number;
    callsPerBarrier?: number;
    earlyMaxAgeMs?: number;
    mayGiveUp?: () => boolean;
    bury?: () => Promise<void>;
    /** Lanes that the sweep holds at a time. */
    width?: number;
    /** In one call out of a parked lane. */
    maxEvents?: number;
  } = {},
) {
  const { now = Date.now, pause = async () => {}, bury = async () => {} } = options;
  const { workflows = createCallCounter({ now }).own(world.temporal) } = options;
  const { flow } = workflows;
  const notes = new Map<string, { verdict: LedgerVerdict; cause?: string | undefined }>();
  const buried: Buried[] = [];
  const started: string[] = [];
  const memory = createLaneMemory(1_000);
  const note = ({ event }: Delivery, verdict: LedgerVerdict, cause?: string) => {
    notes.set(event.eventId, { verdict, ...(cause === undefined ? {} : { cause }) });
  };
  const deadLetters: DeadLetters = {
    async buryRecords(letters) {
      await bury();
      for (const { record, cause } of letters) buried.push({ eventId: String(record.offset), cause });
    },
    async buryEvents(events, cause) {
      await bury();
      for (const { eventId } of events) buried.push({ eventId, cause });
    },
  };
  const calls = createPacedCalls({
    calls: workflows,
    memory,
    pace: { callsPerBarrier: options.callsPerBarrier ?? 8, eventsPerBarrier: 60, barrierDeadlineMs: 1_000 },
  });
  const held = createHeldLanes({
    store: world.store,
    calls,
    deadLetters,
    memory,
    limits: { events: options.maxEvents ?? 256, bytes: 256 * 1024 },
    metrics: noBridgeMetrics,
    note,
  });
  const dispatch = createDispatch({
    store: world.store,
    calls,
    held,
    memory,
    isParked: async (subject) => (await world.store.parking.parked([subject])).has(subject),
    pause,
    onStarted: ({ subject }) => started.push(subject),
    note,
  });
  const settle = createSettle({
    dispatch,
    deadLetters,
    memory,
    blockedParkMs: options.blockedParkMs ?? 30_000,
    now,
    flow,
    note,
    logger: silent,
  });
  const sweep = createSweep({
    store: world.store,
    held,
    targetOf: (name) => (name === target.target ? target : undefined),
    mayGiveUp: options.mayGiveUp ?? (() => true),
    options: {
      intervalMs: 1_000,
      earlyMaxAgeMs: options.earlyMaxAgeMs ?? 60_000,
      lanesPerRound: LANES_PER_ROUND,
      retryMs: 10,
      maxRetryMs: 100,
    },
    gates: { fresh: createGate(options.width ?? 100), tried: createGate(2) },
    clock: { ...systemClock, now },
    logger: silent,
    metrics: noBridgeMetrics,
  });
  return { settle, dispatch, sweep, memory, notes, buried, started, otherLaneTaken: () => flow.ended('taken') };
}
