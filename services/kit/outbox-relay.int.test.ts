import { randomUUID } from 'node:crypto';
import { newEvent, StockReleased, StockReserved } from '@millrace/events';
import { silent } from '@millrace/kafka';
import { migrateInventory } from '../inventory';
import { type FreshDatabase, freshDatabase } from '../testing/fresh-database';
import { createPublisherSpy } from '../testing/publisher-spy';
import { until } from '../testing/until';
import { addToOutbox, outboxDepth } from './outbox';
import { createOutboxRelay, type OutboxRelay } from './outbox-relay';
import { inTransaction } from './transaction';

jest.setTimeout(60_000); // on a machine with much else to do

const told = (definition: typeof StockReserved | typeof StockReleased, orderId: string) => ({
  event: newEvent<string, unknown, { orderId: string; lines: { sku: string; quantity: number }[] }>(definition, {
    tenantId: 'acme',
    aggregateId: orderId,
    data: { orderId, lines: [{ sku: 'SKU-A', quantity: 1 }] },
  }),
  traceparent: undefined,
});

describe('the outbox relay', () => {
  let database: FreshDatabase;
  let relays: OutboxRelay[];

  beforeEach(async () => {
    database = await freshDatabase();
    await migrateInventory(database.pool);
    relays = [];
  });
  afterEach(async () => {
    for (const relay of relays) await relay.stop();
    await database.drop();
  });

  function startRelay() {
    const publisher = createPublisherSpy();
    const relay = createOutboxRelay({ pool: database.pool, service: 'inventory', publisher, logger: silent });
    relay.start();
    relays.push(relay);
    return { publisher, relay };
  }
  const add = (...entries: ReturnType<typeof told>[]) =>
    inTransaction(database.pool, (tx) => addToOutbox(tx, 'inventory', entries));
  const emptied = () =>
    until('the outbox is empty', async () =>
      (await outboxDepth(database.pool, 'inventory')) === 0 ? true : undefined,
    );
  const lockHolder = async () => {
    const { rows } = await database.pool.query<{ pid: number }>(
      `select pid from pg_locks where locktype = 'advisory' and granted and classid = 7303 and database = (select oid from pg_database where datname = current_database())`,
    );
    return rows[0]?.pid;
  };

  it('publishes what was committed, in order per aggregate, and nothing that was rolled back', async () => {
    const { publisher, relay } = startRelay();
    const orders = Array.from({ length: 30 }, () => randomUUID());
    await Promise.all(orders.map((orderId) => add(told(StockReserved, orderId), told(StockReleased, orderId))));
    const undone = randomUUID();
    await inTransaction(database.pool, async (tx) => {
      await addToOutbox(tx, 'inventory', [told(StockReserved, undone)]);
      throw new Error('no');
    }).catch(() => undefined);
    relay.wake();
    await emptied();
    expect(publisher.published).toHaveLength(60);
    for (const orderId of orders) {
      expect(publisher.of(orderId).map(({ event }) => event.eventType)).toEqual(['StockReserved', 'StockReleased']);
    }
  });

  it('keeps what Kafka did not acknowledge, behind it what follows of the aggregate, and lets others pass', async () => {
    const { publisher } = startRelay();
    const [blocked, free] = [randomUUID(), randomUUID()];
    let refusals = 0;
    publisher.before = async (event) => {
      if (event.aggregateId !== blocked || refusals >= 3) return;
      refusals += 1;
      throw new Error('not acknowledged');
    };
    await add(told(StockReserved, blocked), told(StockReleased, blocked), told(StockReserved, free));
    await publisher.waitFor(free, 1);
    expect(publisher.of(blocked)).toEqual([]);
    await emptied();
    expect(refusals).toBe(3);
    expect(publisher.of(blocked).map(({ event }) => event.eventType)).toEqual(['StockReserved', 'StockReleased']);
    expect(publisher.of(free)).toHaveLength(1);
  });

  it('repeats with the same event when the acknowledgement could not be noted', async () => {
    const { publisher } = startRelay();
    const orderId = randomUUID();
    const entry = told(StockReserved, orderId);
    let cut = false;
    publisher.before = async () => {
      if (cut) return;
      cut = true;
      await database.pool.query('select pg_terminate_backend($1)', [await lockHolder()]);
    };
    await add(entry);
    const [first, second] = await publisher.waitFor(orderId, 2);
    expect(first?.event).toEqual(entry.event);
    expect(second?.event).toEqual(entry.event);
    await emptied();
  });

  it('works in one process at a time, and another takes over', async () => {
    const first = startRelay();
    const early = randomUUID();
    await add(told(StockReserved, early));
    await first.publisher.waitFor(early, 1);
    const second = startRelay();
    const orders = Array.from({ length: 20 }, () => randomUUID());
    for (const orderId of orders) {
      await add(told(StockReserved, orderId));
      first.relay.wake();
      second.relay.wake();
    }
    await emptied();
    expect(second.publisher.published).toEqual([]);
    await first.relay.stop();
    const late = randomUUID();
    await add(told(StockReserved, late));
    await second.publisher.waitFor(late, 1);
    expect(first.publisher.published).toHaveLength(21);
  });

  it('keeps no transaction open while it waits for Kafka', async () => {
    const { publisher } = startRelay();
    const orderId = randomUUID();
    let open: unknown;
    publisher.before = async () => {
      const { rows } = await database.pool.query(
        'select state, backend_xid, backend_xmin from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and (xact_start is not null or backend_xid is not null)',
      );
      open = rows;
    };
    await add(told(StockReserved, orderId));
    await publisher.waitFor(orderId, 1);
    expect(open).toEqual([]);
  });
});
