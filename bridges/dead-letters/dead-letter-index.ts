import {
  type ConsumerMetrics,
  type KafkaDriver,
  type Logger,
  type RunningConsumer,
  runConsumer,
  silent,
} from '@millrace/kafka';
import type { Store } from '../../store/store';
import { type DeadLetterMetrics, noDeadLetterMetrics } from '../metrics';
import { letterOf } from './letter';

export interface DeadLetterIndexOptions {
  readonly driver: KafkaDriver;
  readonly store: { readonly deadLetters: Pick<Store['deadLetters'], 'index'> };
  readonly groupId: string;
  /** The dead-letter topics: `<source topic>.dlq`. */
  readonly topics: readonly string[];
  readonly sessionTimeoutMs?: number | undefined;
  readonly logger?: Logger | undefined;
  readonly metrics?: DeadLetterMetrics | undefined;
  readonly consumerMetrics?: ConsumerMetrics | undefined;
}

/** Keeps the list of dead letters that people look at and redrive. At least once; the index is idempotent by place. */
export function startDeadLetterIndex(options: DeadLetterIndexOptions): Promise<RunningConsumer> {
  const { driver, store, groupId, topics, sessionTimeoutMs } = options;
  const { logger = silent, metrics = noDeadLetterMetrics } = options;
  return runConsumer<null>({
    driver,
    groupId,
    topics,
    split: ({ topic, partition }) => [{ lane: `${topic}/${partition}`, work: null }],
    async settle(_lane, batch) {
      await store.deadLetters.index(batch.map(({ record }) => letterOf(record)));
      const topic = batch[0]?.record.topic;
      if (topic !== undefined) metrics.indexed(topic, batch.length);
    },
    limits: { maxBatch: 200, maxBatchBytes: 4 * 1024 * 1024 },
    sessionTimeoutMs,
    logger,
    metrics: options.consumerMetrics,
  });
}
