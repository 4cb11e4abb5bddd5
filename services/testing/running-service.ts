import { silent } from '@millrace/kafka';
import type { Pool } from 'pg';
import type { Service, ServiceOptions } from '../kit/service';
import { type FreshDatabase, freshDatabase } from './fresh-database';
import { createHttpClient, type HttpClient } from './http-client';
import { createPublisherSpy, type PublisherSpy } from './publisher-spy';

export interface RunningService {
  readonly http: HttpClient;
  readonly pool: Pool;
  readonly database: FreshDatabase;
  readonly publisher: PublisherSpy;
  readonly baseUrl: string;
  /** As a crash leaves it: the database stays. */
  stopServiceOnly(): Promise<void>;
  stop(): Promise<void>;
}

/** One service on a database of its own, with a spy in Kafka's place. */
export async function runService(
  create: (options: ServiceOptions) => Service,
  migrate: (pool: Pool) => Promise<void>,
): Promise<RunningService> {
  const database = await freshDatabase();
  await migrate(database.pool);
  const publisher = createPublisherSpy();
  const service = create({ pool: database.pool, publisher, logger: silent });
  const { port } = await service.start();
  const baseUrl = `http://127.0.0.1:${port}`;
  return {
    http: createHttpClient(baseUrl),
    pool: database.pool,
    database,
    publisher,
    baseUrl,
    stopServiceOnly: () => service.stop(),
    async stop() {
      await service.stop();
      await database.drop();
    },
  };
}
