import { encode, newEvent, OrderPlaced, PaymentSettled, registry } from '@millrace/events';
import type { OutgoingRecord } from '@millrace/kafka';
import { createMemoryDriver } from '../../kafka/testing';
import type { LedgerRow } from '../../store/types';
import { createBridge, topicsOf } from './bridge';
import { createCallCounter } from './call-counter';
import { on } from './route';
import { routes } from './routes';
import { placed, ref, target } from './testing/bridge-parts';
import { createMemoryWorld } from './testing/memory-world';

const TOPICS = ['commerce.orders.events', 'commerce.payments.events'];
const [orders = '', payments = ''] = TOPICS;
const key = ({ data }: { data: { orderId: string } }) => data.orderId;

async function given() {
  const driver = createMemoryDriver({ topics: TOPICS.flatMap((topic) => [topic, `${topic}.dlq`]), partitions: 1 });
  const world = createMemoryWorld();
  const ledger: LedgerRow[] = [];
  const away = { ledger: false };
  const received: string[] = [];
  const producer = await driver.producer();
  const bridge = createBridge({
    driver,
    producer,
    store: {
      ...world.store,
      ledger: {
        write: async (rows: readonly LedgerRow[]) => {
          if (away.ledger) throw new Error('the ledger is away');
          ledger.push(...rows);
        },
      },
    },
    workflows: createCallCounter().own(world.temporal),
    registry,
    routes: [on(OrderPlaced).start({ target, key }), on(PaymentSettled).signal({ target, key, whenMissing: 'park' })],
    groupId: 'bridge',
    consumerMetrics: { received: (topic, records) => received.push(`${topic} ${records}`) },
    limits: { sweepIntervalMs: 20, commitIntervalMs: 5 },
  });
  await bridge.start();
  const admin = await driver.admin();
  const committed = async (topic: string) => (await admin.committed('bridge', [topic]))[0]?.offset ?? 0n;
  const send = (...records: OutgoingRecord[]) => producer.send(records);
  return { driver, world, ledger, away, received, bridge, committed, send };
}

const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
};
const { traceparent: _none, source: _nowhere, ...order } = placed().event;
const payment = newEvent(PaymentSettled, {
  tenantId: 'acme',
  aggregateId: 'p',
  data: { paymentId: 'p', orderId: 'order-1', amountCents: 100, currency: 'EUR' },
});

describe('the bridge', () => {
  it('delivers, parks, ignores and buries, writes it down, and commits', async () => {
    const at = await given();
    const ignored = {
      ...encode({ ...order, eventType: 'OrderCancelled', eventVersion: '1.0', data: { orderId: 'order-1' } }),
      topic: orders,
    };
    const bad = { topic: orders, key: 'x', value: Buffer.from('{'), headers: {} };
    await at.send(encode(payment));
    await until(() => at.world.lanes.size === 1);
    await at.send(encode(order), ignored, bad);
    await until(async () => (await at.committed(orders)) === 3n && (await at.committed(payments)) === 1n);
    await until(() => (at.world.workflows.get(ref.subject)?.taken.length ?? 0) === 2);
    const verdicts = at.ledger.map(
      ({ topic, offset, verdicts: [verdict] }) => `${topic}@${offset} ${verdict?.verdict} ${verdict?.cause}`,
    );
    expect(verdicts.toSorted()).toEqual([
      `${orders}@0 delivered undefined`,
      `${orders}@1 ignored no-route`,
      `${orders}@2 dead malformed-json`,
      `${payments}@0 parked early`,
    ]);
    expect(at.driver.records(`${orders}.dlq`)).toMatchObject([{ key: 'x', headers: { 'x-error-class': 'poison' } }]);
    expect(at.bridge.stats()).toMatchObject({ joined: true, rememberedLanes: 1 });
    expect(at.bridge.lag().every(({ lag }) => lag === 0)).toBe(true);
    expect(at.received).toContain(`${payments} 1`);
    await at.bridge.stop();
  });

  it('commits nothing that the ledger does not have', async () => {
    const at = await given();
    at.away.ledger = true;
    await at.send(encode(order));
    await until(() => at.world.workflows.has(ref.subject));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await at.committed(orders)).toBe(0n);
    at.away.ledger = false;
    await until(async () => (await at.committed(orders)) === 1n);
    expect(at.ledger).toHaveLength(1);
    await at.bridge.stop();
  });

  it('reads a lane again after partitions were assigned anew', async () => {
    const at = await given();
    await at.send(encode(order));
    await until(async () => (await at.committed(orders)) === 1n);
    at.world.record(ref);
    // Another bridge has parked here, before its partition came to this one.
    at.world.lanes.set(ref.subject, {
      ref,
      cause: 'blocked',
      parkedAt: Date.now(),
      events: [{ ...payment, eventId: 'earlier' }],
    });
    at.driver.rebalance('bridge');
    await at.send(encode(payment));
    await until(() => (at.world.workflows.get(ref.subject)?.taken.length ?? 0) === 3);
    expect(at.world.workflows.get(ref.subject)?.taken.map(({ eventId }) => eventId)).toEqual([
      order.eventId,
      'earlier',
      payment.eventId,
    ]);
    await at.bridge.stop();
  });

  it('says why it cannot go on', async () => {
    const at = await given();
    at.driver.crash('bridge', new Error('not allowed'));
    await expect(at.bridge.crashed).resolves.toMatchObject({ message: 'not allowed' });
    await at.bridge.stop();
  });

  it('has nothing to say before it starts', async () => {
    const driver = createMemoryDriver();
    const world = createMemoryWorld();
    const bridge = createBridge({
      driver,
      producer: await driver.producer(),
      store: { ...world.store, ledger: { write: async () => undefined } },
      workflows: createCallCounter().own(world.temporal),
      registry,
      routes: [],
      groupId: 'bridge',
    });
    expect([bridge.stats(), bridge.lag()]).toEqual([undefined, []]);
    await bridge.stop();
  });

  it('reads the topics of its routes', () => {
    expect(topicsOf(routes).toSorted()).toEqual([
      'commerce.orders.events',
      'commerce.payments.events',
      'healthcare.appointments.events',
      'platform.operator.events',
    ]);
  });
});
