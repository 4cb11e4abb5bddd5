import { randomUUID } from 'node:crypto';
import { type Envelope, registry } from '@millrace/events';
import {
  createKafkajsDriver,
  EVENT_TOPICS,
  ensureTopics,
  type IncomingRecord,
  type KafkaAdmin,
  type KafkaDriver,
  type RecordPlace,
  silent,
  topicSpecs,
} from '@millrace/kafka';
import { type Closing, createClosing } from '../infra/processes/closing';
import { type RunningServices, reportServices, startServices } from './index';
import { type FreshDatabase, freshDatabase, required } from './testing/fresh-database';
import { createHttpClient } from './testing/http-client';
import { until } from './testing/until';

jest.setTimeout(60_000); // on a machine with much else to do

const tenantId = `t-${randomUUID()}`;
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const topics = EVENT_TOPICS.filter((topic) => /^commerce\.(inventory|payments|shipping)\./.test(topic));

/** Reads what came to the topics since it was made, of this test's tenant. */
async function createReader(driver: KafkaDriver, admin: KafkaAdmin) {
  await ensureTopics(admin, topicSpecs({ replicationFactor: 1, partitions: 3 }));
  const ends = async () => (await Promise.all(topics.map((topic) => admin.endOffsets(topic)))).flat();
  // Brokers answer for a topic some time after they have created it.
  const start = await until('the topics answer', () => ends().catch(() => undefined), 20_000);
  const since = ({ topic, partition }: RecordPlace) =>
    start.find((place) => place.topic === topic && place.partition === partition)?.offset ?? 0n;
  return {
    async read(): Promise<readonly { record: IncomingRecord; event: Envelope }[]> {
      const found: { record: IncomingRecord; event: Envelope }[] = [];
      for (const end of await ends()) {
        if (end.offset <= since(end)) continue;
        for await (const record of driver.readRange(end.topic, end.partition, since(end), end.offset)) {
          const decoded = registry.decode(record);
          if (decoded.ok && decoded.event.tenantId === tenantId) found.push({ record, event: decoded.event });
        }
      }
      return found;
    },
  };
}

describe('the services on PostgreSQL and Kafka', () => {
  const brokers = required('KAFKA_BROKERS').split(',');
  let database: FreshDatabase;
  let admin: KafkaAdmin;
  let services: RunningServices;
  let closing: Closing;
  let reader: Awaited<ReturnType<typeof createReader>>;

  const start = () => {
    closing = createClosing();
    return startServices({ databaseUrl: database.url, kafka: { brokers }, logger: silent, closing });
  };
  beforeAll(async () => {
    database = await freshDatabase();
    const driver = createKafkajsDriver({ brokers, clientId: 'services-test' });
    admin = await driver.admin();
    reader = await createReader(driver, admin);
    services = await start();
  });
  afterAll(async () => {
    await closing?.close();
    await admin?.close();
    await database?.drop();
  });

  const client = (name: 'inventory' | 'payments' | 'shipping') => createHttpClient(services.baseUrls[name]);
  const published = () =>
    until(
      'everything is published',
      async () =>
        (await reportServices(database.pool, { tenantIds: [tenantId] })).unpublished === 0 ? true : undefined,
      20_000,
    );

  it('serve whole orders at once, and every event of theirs is on Kafka once, in order, with its trace', async () => {
    const orders = Array.from({ length: 40 }, () => `o-${randomUUID()}`);
    const undone = orders.slice(0, 20);
    await Promise.all(
      orders.map(async (orderId) => {
        const headers = (step: string) => ({
          'idempotency-key': `${tenantId}/${orderId}/${step}`,
          'correlation-id': `c-${orderId}`,
          traceparent,
        });
        const path = (step: string) => encodeURIComponent(`${tenantId}/${orderId}/${step}`);
        const lines = [{ sku: 'SKU-A', quantity: 1 }];
        await client('inventory').post('/v1/reservations', { tenantId, orderId, lines }, headers('stock'));
        await client('payments').post(
          '/v1/payments',
          { tenantId, orderId, amountCents: 100, currency: 'EUR', customerId: 'cust-1' },
          headers('payment'),
        );
        await client('shipping').post(
          '/v1/shipments',
          { tenantId, orderId, shipTo: { country: 'DE' } },
          headers('shipment'),
        );
        if (!undone.includes(orderId)) return;
        await client('shipping').delete(`/v1/shipments/${path('shipment')}`, headers('shipment'));
        await client('inventory').delete(`/v1/reservations/${path('stock')}`, headers('stock'));
      }),
    );
    await until('every payment is decided', async () => {
      const { payments } = await reportServices(database.pool, { tenantIds: [tenantId] });
      return payments.filter(({ inForce }) => inForce === 1).length === orders.length ? true : undefined;
    });
    await published();

    const found = await reader.read();
    expect(new Set(found.map(({ event }) => event.eventId)).size).toBe(found.length);
    for (const orderId of orders) {
      const own = found.filter(({ event }) => event.correlationId === `c-${orderId}`);
      const types = (topic: string) =>
        own.filter(({ record }) => record.topic.includes(topic)).map(({ event }) => event.eventType);
      const back = undone.includes(orderId);
      expect(types('inventory')).toEqual(back ? ['StockReserved', 'StockReleased'] : ['StockReserved']);
      expect(types('shipping')).toEqual(back ? ['ShipmentBooked', 'ShipmentCancelled'] : ['ShipmentBooked']);
      expect(types('payments')).toEqual(['PaymentSettled']);
      for (const { record, event } of own)
        expect(record).toMatchObject({ key: event.aggregateId, headers: { traceparent, 'tenant-id': tenantId } });
    }
    const report = await reportServices(database.pool, { tenantIds: [tenantId] });
    expect(report.reservations.map(({ inForce }) => inForce).sort()).toEqual([
      ...undone.map(() => 0),
      ...undone.map(() => 1),
    ]);
    expect(report.shipments.map(({ undone: cancelled }) => cancelled).sort()).toEqual([
      ...undone.map(() => 0),
      ...undone.map(() => 1),
    ]);
  });

  it('publish after a restart what was committed before it', async () => {
    const orderId = `o-${randomUUID()}`;
    await closing.close();
    await database.pool.query(`insert into shipping.outbox (event) values ($1)`, [
      JSON.stringify({
        eventId: randomUUID(),
        eventType: 'ShipmentBooked',
        eventVersion: '1.0',
        eventTime: new Date().toISOString(),
        aggregateId: orderId,
        aggregateType: 'Shipment',
        tenantId,
        correlationId: 'c-restart',
        data: { shipmentId: randomUUID(), orderId, carrier: 'c' },
      }),
    ]);
    services = await start();
    await published();
    const found = await reader.read();
    expect(found.filter(({ event }) => event.correlationId === 'c-restart')).toHaveLength(1);
  });

  it('fail to start without a database, and leave nothing open', async () => {
    const closing = createClosing();
    const databaseUrl = 'postgres://postgres@127.0.0.1:1/none';
    const start = startServices({ databaseUrl, kafka: { brokers }, logger: silent, closing });
    await expect(start).rejects.toThrow('ECONNREFUSED');
    await closing.close();
  });
});
