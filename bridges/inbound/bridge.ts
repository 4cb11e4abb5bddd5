import {
  createPublisher,
  type IncomingRecord,
  type LaneItem,
  type LaneWork,
  type RunningConsumer,
  runConsumer,
  silent,
  systemClock,
} from '@millrace/kafka';
import type { LedgerVerdict } from '../../store/types';
import { noBridgeMetrics } from '../metrics';
import { BRIDGE_LIMITS, type Bridge, type BridgeOptions, routesByType, topicsOf } from './bridge-options';
import { createCaughtUp } from './caught-up';
import { type Cause, createDeadLetters } from './dead-letters';
import type { Delivery } from './delivery';
import { createDispatch } from './dispatch';
import { createGate } from './gate';
import { createHeldLanes } from './held-lane';
import { createLaneMemory } from './lane-memory';
import { createLedgerBook } from './ledger-book';
import { createPacedCalls } from './paced-calls';
import { createParkedLookup } from './parked-lookup';
import { type Plan, planFor } from './plan';
import { createSettle } from './settle';
import { createSweep } from './sweep';

export { type Bridge, type BridgeLimits, type BridgeOptions, type BridgeStats, topicsOf } from './bridge-options';

/** What one item of a lane is: a delivery, or a record to give up. */
type Work = Delivery | { readonly bury: Cause };

/** From Kafka to the workflows: reads, routes, calls, parks, gives up, and keeps the ledger (docs/architecture.md, "Who decides what"). */
export function createBridge(options: BridgeOptions): Bridge {
  const { driver, store, registry, routes, groupId, sessionTimeoutMs } = options;
  const { logger = silent, metrics = noBridgeMetrics, clock = systemClock, random = Math.random } = options;
  const limits = { ...BRIDGE_LIMITS, ...options.limits };
  const book = createLedgerBook();
  const memory = createLaneMemory(limits.rememberedLanes);
  const publisher = createPublisher({ producer: options.producer, clock, random });
  const deadLetters = createDeadLetters({ publisher, groupId, metrics });
  const byType = routesByType(routes);
  const targets = new Map(routes.flatMap((route) => route.targets).map((target) => [target.target, target]));
  const caughtUp = createCaughtUp(Math.min(limits.earlyMaxAgeMs, CATCH_UP_MS), clock.now);
  let consumer: RunningConsumer | undefined;
  let crash: (error: Error) => void = () => {};
  const crashed = new Promise<Error>((resolve) => {
    crash = resolve;
  });

  const note = (delivery: Delivery, verdict: LedgerVerdict, cause?: string): void => {
    book.note(delivery.record, delivery.ref.subject, verdict, cause);
    metrics.outcome(delivery.ref.target, verdict, cause ?? '');
  };
  const calls = createPacedCalls({ calls: options.workflows, memory, pace: limits });
  const held = createHeldLanes({
    store,
    calls,
    deadLetters,
    memory,
    limits: { events: limits.maxBatch, bytes: limits.maxBatchBytes },
    metrics,
    note,
  });
  const sweep = createSweep({
    store,
    held,
    targetOf: (name) => targets.get(name),
    mayGiveUp: () => caughtUp.isSo(consumer?.lag() ?? []),
    options: {
      intervalMs: limits.sweepIntervalMs,
      earlyMaxAgeMs: limits.earlyMaxAgeMs,
      lanesPerRound: 200,
      retryMs: limits.sweepIntervalMs,
      maxRetryMs: Math.min(30_000, 30 * limits.sweepIntervalMs),
    },
    gates: { fresh: createGate(limits.sweepWidth), tried: createGate(limits.sweepWidth) },
    clock,
    logger,
    metrics,
  });
  const dispatch = createDispatch({
    store,
    calls,
    held,
    memory,
    isParked: createParkedLookup(store.parking, { clock }),
    pause: (ms) => new Promise((resolve) => clock.after(ms, resolve)),
    onStarted: (ref) => sweep.started(ref),
    note,
  });
  const settleLane = createSettle({
    dispatch,
    deadLetters,
    memory,
    blockedParkMs: limits.blockedParkMs,
    now: clock.now,
    flow: options.workflows.flow,
    note,
    logger,
  });

  function split(record: IncomingRecord): LaneWork<Work>[] {
    const plan: Plan = planFor(
      record,
      (one) => registry.decode(one),
      (type) => byType.get(type) ?? [],
    );
    book.open(record, plan, new Date(clock.now()).toISOString());
    metrics.recordRead(record.topic, plan.kind === 'deliver' ? plan.event.eventType : 'undecodable');
    if (plan.kind === 'bury') return [{ lane: graveOf(record), work: { bury: plan.cause } }];
    if (plan.deliveries.length === 0) {
      book.note(record, null, 'ignored', 'no-route');
      metrics.outcome('none', 'ignored', 'no-route');
    }
    return plan.deliveries.map((delivery) => ({
      lane: delivery.ref.subject,
      work: delivery,
      bytes: delivery.bytes,
      shared: options.workflows.shares?.(delivery.ref.target),
    }));
  }

  async function settle(_lane: string, batch: readonly LaneItem<Work>[]): Promise<void> {
    const letters = batch.flatMap(({ work, record }) => ('bury' in work ? [{ record, cause: work.bury }] : []));
    if (letters.length > 0) {
      await deadLetters.buryRecords(letters);
      for (const { record, cause } of letters) {
        book.note(record, null, 'dead', cause.code);
        metrics.outcome('none', 'dead', cause.code);
      }
    }
    await settleLane(batch.flatMap(({ work }) => ('bury' in work ? [] : [work])));
  }

  async function beforeCommit(records: readonly IncomingRecord[]): Promise<void> {
    const began = clock.now();
    const rows = book.rows(records);
    if (rows.length > 0) await store.ledger.write(rows);
    metrics.ledgerWritten(rows.length, clock.now() - began);
  }

  return {
    async start() {
      consumer = await runConsumer<Work>({
        driver,
        groupId,
        topics: options.topics ?? topicsOf(routes),
        split,
        settle,
        beforeCommit,
        onAssigned: () => {
          memory.forgetParked();
          caughtUp.assigned();
        },
        limits,
        sessionTimeoutMs,
        clock,
        random,
        logger,
        metrics: options.consumerMetrics,
      });
      void consumer.crashed.then(crash);
      sweep.start();
    },
    async stop() {
      await consumer?.stop();
      await sweep.stop();
      await publisher.close();
    },
    stats: () => consumer && { ...consumer.stats(), rememberedLanes: memory.size },
    lag: () => consumer?.lag() ?? [],
    crashed,
  };
}

/** Until each partition has brought its first records after an assignment, however busy the broker is. */
const CATCH_UP_MS = 60_000;

/** Records that cannot be read wait for nothing but Kafka; no subject has this name, because targets have no '!'. */
const graveOf = ({ topic, partition }: IncomingRecord): string => `!dead-letters/${topic}/${partition}`;
