import type { KafkajsDriverOptions, Logger } from '@millrace/kafka';
import { createKafkajsDriver, createPublisher } from '@millrace/kafka';
import { Pool } from 'pg';
import { createInventoryService, migrateInventory, reportInventory } from './inventory';
import { outboxDepth } from './kit/outbox';
import type { OrderReport, ReportFilter } from './kit/report';
import type { Service, ServiceOptions } from './kit/service';
import type { ServiceName } from './kit/service-name';
import { createPaymentsService, migratePayments, paymentIdsOf, reportPayments } from './payments';
import { createShippingService, migrateShipping, reportShipping } from './shipping';

export type { OrderReport, ReportFilter } from './kit/report';
export type { ServiceName } from './kit/service-name';

export interface ServicesOptions {
  readonly databaseUrl: string;
  /** The brokers, and how to reach them where the network is not trusted. */
  readonly kafka: Pick<KafkajsDriverOptions, 'brokers' | 'ssl' | 'sasl'>;
  readonly logger: Logger;
  /** Told what to close, in the order of opening: the caller closes in the reverse one, also after a failed start. */
  readonly closing: { add(name: string, close: () => Promise<unknown>): void };
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: free ones. */
  readonly ports?: Partial<Record<ServiceName, number>>;
}

export interface RunningServices {
  /** `http://127.0.0.1:41234`, without a path. */
  readonly baseUrls: Readonly<Record<ServiceName, string>>;
  /** Events of each outbox that Kafka has not acknowledged yet. */
  unpublished(): Promise<Readonly<Record<ServiceName, number>>>;
}

export interface ServicesReport {
  readonly reservations: readonly OrderReport[];
  readonly payments: readonly OrderReport[];
  /** Ids of all payments that were asked for, whatever became of them. */
  readonly paymentIds: readonly string[];
  readonly shipments: readonly OrderReport[];
  /** Events of all tenants that Kafka has not acknowledged yet. */
  readonly unpublished: number;
}

/** Creates or brings up to date the schemas of all three. May run twice, also at once. */
export async function migrateServices(pool: Pool): Promise<void> {
  for (const migrate of [migrateInventory, migratePayments, migrateShipping]) await migrate(pool);
}

/** What each order has in the services' own tables. */
export async function reportServices(pool: Pool, filter: ReportFilter): Promise<ServicesReport> {
  const [reservations, payments, paymentIds, shipments] = await Promise.all([
    reportInventory(pool, filter),
    reportPayments(pool, filter),
    paymentIdsOf(pool, filter),
    reportShipping(pool, filter),
  ]);
  const depths = Object.values(await outboxDepths(pool));
  return { reservations, payments, paymentIds, shipments, unpublished: depths.reduce((sum, depth) => sum + depth, 0) };
}

async function outboxDepths(pool: Pool): Promise<Readonly<Record<ServiceName, number>>> {
  const [inventory, payments, shipping] = await Promise.all([
    outboxDepth(pool, 'inventory'),
    outboxDepth(pool, 'payments'),
    outboxDepth(pool, 'shipping'),
  ]);
  return { inventory, payments, shipping };
}

const creators: Readonly<Record<ServiceName, (options: ServiceOptions) => Service>> = {
  inventory: createInventoryService,
  payments: createPaymentsService,
  shipping: createShippingService,
};

/** Migrates and starts all three on one pool and one producer. The topics exist already. */
export async function startServices(options: ServicesOptions): Promise<RunningServices> {
  const { kafka, logger, closing, host = '127.0.0.1', ports = {} } = options;
  const pool = new Pool({
    connectionString: options.databaseUrl,
    max: 16,
    connectionTimeoutMillis: 5_000,
    // A connection can be gone without a word on either side; what it held, PostgreSQL has to take back.
    query_timeout: 30_000,
    keepAlive: true,
    options: '-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
    application_name: 'millrace-services',
  });
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection was lost'));
  closing.add('services: pool', () => pool.end());
  await migrateServices(pool);
  const producer = await createKafkajsDriver({ ...kafka, clientId: 'millrace-services' }).producer();
  closing.add('services: producer', () => producer.close());
  const publisher = createPublisher({ producer, deadlineMs: 10_000 });
  closing.add('services: publisher', () => publisher.close());
  const start = async (name: ServiceName): Promise<string> => {
    const service = creators[name]({ pool, publisher, logger, host, port: ports[name] ?? 0 });
    const { port } = await service.start();
    closing.add(`services: ${name}`, () => service.stop());
    return `http://${host}:${port}`;
  };
  const baseUrls = {
    inventory: await start('inventory'),
    payments: await start('payments'),
    shipping: await start('shipping'),
  };
  return { baseUrls, unpublished: () => outboxDepths(pool) };
}
