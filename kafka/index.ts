export type { Backoff } from './backoff';
export { type Clock, systemClock } from './clock';
export { runConsumer } from './consumer/run-consumer';
export {
  type ConsumerLimits,
  type ConsumerMetrics,
  type ConsumerOptions,
  type ConsumerStats,
  DEFAULT_LIMITS,
  type LaneItem,
  type LaneWork,
  type PartitionLag,
  type RunningConsumer,
} from './consumer/types';
export {
  DEAD_LETTER_HEADERS,
  type DeadLetterCause,
  type DeadLetterClass,
  deadLetterTopic,
  redriveCountOf,
  toDeadLetter,
} from './dead-letter';
export { KafkaError, type KafkaErrorCode } from './errors';
export { createKafkajsDriver, type KafkajsDriverOptions } from './kafkajs/driver';
export { type Logger, silent } from './logger';
export * from './port';
export { createPublisher, type Publisher, type PublisherOptions, type PublishOptions } from './publisher/publisher';
export { PermanentError } from './subscribe/permanent-error';
export { type HandledRecord, type SubscribeOptions, subscribe } from './subscribe/subscribe';
export {
  EVENT_TOPICS,
  ensureTopics,
  type TopicDifference,
  type TopicSettings,
  TRANSITION_TOPICS,
  topicDrift,
  topicSpecs,
} from './topics';
