import { registry as events } from '@millrace/events';
import { deadLetterTopic, EVENT_TOPICS, TRANSITION_TOPICS } from '@millrace/kafka';
import { Client } from '@temporalio/client';
import { startDeadLetterIndex } from '../../bridges/dead-letters/dead-letter-index';
import { createBridge, topicsOf } from '../../bridges/inbound/bridge';
import { createCallLimiter } from '../../bridges/inbound/call-limiter';
import { hostedWorkflows } from '../../bridges/inbound/hosted-workflows';
import { quickConnection } from '../../bridges/inbound/quick-connection';
import { routes } from '../../bridges/inbound/routes';
import { bridgeMetrics, callLimitMetrics, deadLetterMetrics } from '../telemetry/bridge-metrics';
import { consumerTelemetry } from '../telemetry/consumer-metrics';
import { waitingMetrics } from '../telemetry/store-metrics';
import { openKafka, openStore, openTemporal } from './clients';
import { keepLedger } from './keep-ledger';
import type { ProcessContext } from './process';

/** Consumer group of the index of dead letters. */
export const BRIDGE_DEAD_LETTER_GROUP = 'millrace.dead-letters';
export const BRIDGE_TOPICS: readonly string[] = topicsOf(routes);
export const DEAD_LETTER_TOPICS: readonly string[] = [...EVENT_TOPICS, ...TRANSITION_TOPICS].map(deadLetterTopic);

/** Starts the inbound bridge and the index of dead letters. */
export async function startBridge(context: ProcessContext): Promise<void> {
  const { config, logger, registry, closing, fail } = context;
  const store = openStore(context, 'bridge');
  const consumers = consumerTelemetry(registry);
  const endKeeping = await keepLedger(() => store.ledger.maintain(config.LEDGER_RETENTION_DAYS), logger);
  closing.add('bridge: ledger', endKeeping);
  const driver = openKafka(context, 'bridge');
  const producer = await driver.producer();
  closing.add('bridge: producer', () => producer.close());
  const connection = await openTemporal(context, 'bridge', quickConnection);
  const metrics = bridgeMetrics(registry);
  const limiter = createCallLimiter({
    settings: {
      floor: Math.min(config.BRIDGE_CALLS_MIN, config.BRIDGE_CALLS_MAX),
      ceiling: config.BRIDGE_CALLS_MAX,
      targetMs: config.BRIDGE_CALL_TARGET_MS,
    },
    metrics,
  });
  callLimitMetrics(registry, limiter);
  const targets = routes.flatMap((route) => route.targets);
  const bridge = createBridge({
    driver,
    producer,
    store,
    workflows: hostedWorkflows({
      client: new Client({ connection, namespace: config.TEMPORAL_NAMESPACE }),
      limiter,
      placement: store.placement,
      targets,
      overrides: config.HOSTING,
      options: { recording: config.RECORDING },
      metrics,
    }),
    registry: events,
    routes,
    groupId: config.BRIDGE_GROUP,
    topics: config.BRIDGE_TOPICS ?? BRIDGE_TOPICS,
    limits: {
      sweepIntervalMs: config.BRIDGE_SWEEP_MS,
      earlyMaxAgeMs: config.BRIDGE_EARLY_MAX_AGE_MS,
      blockedParkMs: config.BRIDGE_BLOCKED_PARK_MS,
    },
    sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
    logger,
    metrics,
    consumerMetrics: consumers.metrics(config.BRIDGE_GROUP),
  });
  consumers.watch(config.BRIDGE_GROUP, bridge);
  await bridge.start();
  closing.add('bridge', () => bridge.stop());
  closing.add('bridge: calls that wait', async () => limiter.stop());
  void bridge.crashed.then(fail);
  const index = await startDeadLetterIndex({
    driver,
    store,
    groupId: BRIDGE_DEAD_LETTER_GROUP,
    topics: DEAD_LETTER_TOPICS,
    sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
    logger,
    metrics: deadLetterMetrics(registry),
    consumerMetrics: consumers.metrics(BRIDGE_DEAD_LETTER_GROUP),
  });
  consumers.watch(BRIDGE_DEAD_LETTER_GROUP, index);
  closing.add('bridge: dead letters', () => index.stop());
  void index.crashed.then(fail);
  waitingMetrics(registry, store);
}
