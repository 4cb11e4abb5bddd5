import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { untilAnswers } from './until';

/** Waits until a group coordinator answers and the controller would create a topic: an open port says neither. */
export function kafkaReady(
  brokers: string[],
  limitMs: number,
  ended?: Promise<string>,
  security: Pick<KafkaConfig, 'ssl' | 'sasl'> = {},
): Promise<void> {
  return untilAnswers(`Kafka at ${brokers.join(',')}`, () => ask({ brokers, ...security }), { limitMs, ended });
}

async function ask(reach: Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl'>): Promise<void> {
  const admin = new Kafka({
    ...reach,
    clientId: 'millrace-stack',
    logLevel: logLevel.NOTHING, // while it starts it says much that is no fault
    connectionTimeout: 1_000,
    requestTimeout: 4_000,
    retry: { retries: 2, initialRetryTime: 50 },
  }).admin();
  try {
    await admin.connect();
    await admin.describeCluster();
    await admin.describeGroups(['millrace-stack-ready']);
    await admin.createTopics({
      validateOnly: true,
      waitForLeaders: false,
      topics: [{ topic: 'millrace-stack-ready', numPartitions: 1 }],
    });
  } finally {
    await admin.disconnect();
  }
}
