import { createKafkajsDriver, createPublisher, type KafkaDriver } from '@millrace/kafka';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { Pool } from 'pg';
import { createStore, openByHost, openStreams, type Store } from '../../store';
import type { Config } from '../config/config';
import { kafkaSecurity, type TransportConfig, temporalSecurity } from '../config/transport';
import { storeMetrics, type WaitingStore } from '../telemetry/store-metrics';
import type { ProcessContext } from './process';
import { toldWhileWaiting } from './while-waiting';

export type Publisher = ReturnType<typeof createPublisher>;

/**
 * A connection can be gone without a word on either side: a host without power, a network that drops. Here a statement
 * that gets no answer fails, above the 30 s that PostgreSQL itself allows an append; there PostgreSQL asks whether we
 * live, because until it knows better the lanes and the lease that the connection held stay held.
 */
export const aliveOrLost = {
  connectionTimeoutMillis: 10_000,
  query_timeout: 45_000,
  keepAlive: true,
  options: '-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
} as const;

/** The event store on a pool of its own. The migrations have run before (`npm run topics` or the first of the processes). */
export function openStore({ config, registry, closing }: ProcessContext, name: string): Store & WaitingStore {
  const pool = new Pool({
    connectionString: config.DATABASE_URL.reveal(),
    max: config.DATABASE_POOL,
    application_name: `millrace-${name}`,
    ...aliveOrLost,
  });
  closing.add(`${name}: pool`, () => pool.end());
  const store = createStore({ pool, metrics: storeMetrics(registry) });
  closing.add(`${name}: store`, () => store.close());
  return { ...store, openStreams: () => openStreams(pool), openByHost: () => openByHost(pool) };
}

export function openKafka({ config, logger }: ProcessContext, name: string): KafkaDriver {
  const brokers = config.KAFKA_BROKERS;
  return createKafkajsDriver({ brokers, clientId: `millrace-${name}`, logger, ...kafkaSecurity(config) });
}

/** Where and how Temporal is reached, for the client's connection and for the worker's. */
export const temporalAddress = (config: TransportConfig & Pick<Config, 'TEMPORAL_ADDRESS'>) => ({
  address: config.TEMPORAL_ADDRESS,
  ...temporalSecurity(config),
});

/** What a failed connection says may be no more than that there was a deadline. */
export async function connecting<T>({ config, logger }: ProcessContext, connection: Promise<T>): Promise<T> {
  const what = `Temporal at ${config.TEMPORAL_ADDRESS}`;
  try {
    return await toldWhileWaiting(logger, what, connection);
  } catch (failure) {
    throw new Error(`${what}: ${failure instanceof Error ? failure.message : String(failure)}`, { cause: failure });
  }
}

export async function openTemporal(
  context: ProcessContext,
  name: string,
  connect: (options: ConnectionOptions) => Promise<Connection> = (options) => Connection.connect(options),
): Promise<Connection> {
  const connection = await connecting(context, connect(temporalAddress(context.config)));
  context.closing.add(`${name}: temporal`, () => connection.close());
  return connection;
}

export async function openPublisher(
  { closing }: ProcessContext,
  driver: KafkaDriver,
  name: string,
): Promise<Publisher> {
  const producer = await driver.producer();
  closing.add(`${name}: producer`, () => producer.close());
  const publisher = createPublisher({ producer });
  closing.add(`${name}: publisher`, () => publisher.close());
  return publisher;
}
