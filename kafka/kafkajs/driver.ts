import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { type Clock, systemClock } from '../clock';
import { type Logger, silent } from '../logger';
import type { KafkaDriver } from '../port';
import { kafkajsAdmin } from './admin';
import { registerCodecs } from './codecs';
import { kafkajsLog } from './logging';
import { joinGroup } from './member';
import { kafkajsProducer } from './producer';
import { readRange } from './read-range';
import { patchKafkajs } from './request-queue';

export interface KafkajsDriverOptions {
  /** `host:port` */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger?: Logger | undefined;
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: KafkaConfig['sasl'];
  /** Until when a `send` is acknowledged or rejected with `deadline`. Default 20 s. */
  readonly sendDeadlineMs?: number | undefined;
  readonly requestTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** The client port on kafkajs 2.2.4, with its known defects worked around; each has a test named after it. */
export function createKafkajsDriver(options: KafkajsDriverOptions): KafkaDriver {
  patchKafkajs();
  registerCodecs();
  const { logger = silent, clock = systemClock, sendDeadlineMs: deadlineMs = 20_000 } = options;
  const kafka = new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: 3_000,
    requestTimeout: options.requestTimeoutMs ?? 15_000,
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 5_000 },
    logLevel: logLevel.WARN,
    logCreator: kafkajsLog(logger),
    ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
    ...(options.sasl === undefined ? {} : { sasl: options.sasl }),
  });
  return {
    producer: async () => kafkajsProducer(kafka, { deadlineMs, clock, logger }),
    join: (group, listener) => joinGroup(kafka, group, listener, { clock, logger }),
    admin: () => kafkajsAdmin(kafka),
    readRange: (topic, partition, from, until) => readRange(kafka, topic, partition, from, until),
  };
}
