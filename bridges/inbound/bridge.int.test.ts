import { encode, registry, type TransitionRecorded } from '@millrace/events';
import { DEAD_LETTER_HEADERS, type KafkaDriver, type OutgoingRecord } from '@millrace/kafka';
import { cancelled, placed, settled } from '../../workflows/testing/events';
import { startDeadLetterIndex } from '../dead-letters/dead-letter-index';
import { createRelay } from '../relay/relay';
import { type Servers, startServers, until } from '../testing/servers';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('the bridges on real servers', () => {
  let servers: Servers;
  beforeEach(async () => {
    servers = await startServers();
  }, 60_000);
  afterEach(() => servers.stop(), 60_000);

  const events = (orderId: string) => {
    const { tenantId, topics } = servers;
    const of = <E extends { tenantId: string }>(event: E): E => ({ ...event, tenantId });
    const record = (event: Parameters<typeof encode>[0], topic: string) => encode(event, { topic, traceparent });
    return {
      placed: record(of(placed(orderId)), topics.orders),
      settled: record(of(settled(orderId)), topics.payments),
      cancelled: record(of(cancelled(orderId)), topics.orders),
    };
  };
  const stage = async (orderId: string) =>
    (await servers.store.streams.get(`orderSaga/${servers.tenantId}/${orderId}`))?.stage;
  const transitions = async () =>
    (await servers.read(servers.topics.transitions)).flatMap((record) => {
      const decoded = registry.decode(record);
      return decoded.ok
        ? [{ event: decoded.event as TransitionRecorded, record, traceparent: decoded.traceparent }]
        : [];
    });
  const relay = () => {
    const { store, driver, contract } = servers;
    return driver.producer().then((producer) => {
      const running = createRelay({ store, producer, contracts: [contract] });
      running.start();
      servers.closing(() => producer.close());
      servers.closing(() => running.stop());
      return running;
    });
  };

  it('carry an order to its end and its transitions back, once, in order and under its trace', async () => {
    await servers.worker();
    const bridge = await servers.bridge();
    await relay();
    const order = events('order-1');
    await servers.send([order.placed, order.placed]);
    await until('the order is reserved', async () => (await stage('order-1')) === 'stock-reserved');
    await servers.send([order.settled]);
    await until('the order is completed', async () => (await stage('order-1')) === 'completed');
    const published = await until('all is published', async () => {
      const found = await transitions();
      return found.some(({ event }) => event.data.to === 'completed') && found;
    });
    expect(published.map(({ event }) => event.data.version)).toEqual(published.map((_, at) => at + 1));
    expect(published.every(({ record }) => record.key === 'order-1')).toBe(true);
    expect(published.every((one) => one.traceparent?.split('-')[1] === traceparent.split('-')[1])).toBe(true);
    expect(published.map(({ event }) => event.data.to)).toEqual(['placed', 'stock-reserved', 'paid', 'completed']);

    // After the close: the same again is a duplicate, something new is late.
    await servers.send([order.placed, order.settled, order.cancelled]);
    const late = await until('the late event is a dead letter', async () => {
      const letters = await servers.read(`${servers.topics.orders}.dlq`);
      return letters.length > 0 && letters;
    });
    expect(late).toMatchObject([
      { headers: { [DEAD_LETTER_HEADERS.code]: 'late', [DEAD_LETTER_HEADERS.class]: 'late' } },
    ]);
    await until('all is committed', async () => bridge.lag().every(({ lag }) => lag === 0));
    const rows = await until('the ledger is written', async () => {
      const [, , ...others] = await servers.store.ledger.byEvent(
        servers.tenantId,
        order.placed.headers['event-id'] ?? '',
      );
      return others.length === 1 && others;
    });
    expect(rows[0]?.verdicts).toMatchObject([{ verdict: 'duplicate' }]);
  }, 90_000);

  it('commit no offset while the dead-letter topic refuses', async () => {
    const { driver, topics, store } = servers;
    let refuses = true;
    const producer = await driver.producer();
    servers.closing(() => producer.close());
    const refusing = {
      ...producer,
      async send(records: readonly OutgoingRecord[]) {
        if (refuses) throw new Error('the dead-letter topic refuses');
        return producer.send(records);
      },
    };
    await servers.bridge({ producer: refusing });
    await servers.send([{ topic: topics.orders, key: 'x', value: Buffer.from('{"eventId'), headers: {} }]);
    const unreadable = events('order-2');
    await servers.send([unreadable.settled]);
    await until(
      'the other topic is read',
      async () => (await committed(driver, `bridge-${servers.id}`, topics.payments)) === 1n,
    );
    expect(await committed(driver, `bridge-${servers.id}`, topics.orders)).toBe(0n);
    expect(await servers.read(`${topics.orders}.dlq`)).toEqual([]);

    refuses = false;
    await until(
      'the record is committed',
      async () => (await committed(driver, `bridge-${servers.id}`, topics.orders)) === 1n,
    );
    const [letter] = await servers.read(`${topics.orders}.dlq`);
    expect(letter).toMatchObject({
      value: Buffer.from('{"eventId'),
      headers: { [DEAD_LETTER_HEADERS.code]: 'malformed-json', [DEAD_LETTER_HEADERS.topic]: topics.orders },
    });

    const index = await startDeadLetterIndex({
      driver,
      store,
      groupId: `dead-${servers.id}`,
      topics: [`${topics.orders}.dlq`],
    });
    servers.closing(() => index.stop());
    const listed = await until('the letter is listed', async () => {
      const { items } = await store.deadLetters.list({}, { limit: 10 });
      return items.length > 0 && items;
    });
    expect(listed).toMatchObject([{ cause: 'malformed-json', originalTopic: topics.orders, key: 'x' }]);
  }, 90_000);

  it('let no early event be overtaken, with its topic and the starting one in two bridges', async () => {
    await servers.worker();
    const repeats = Number(process.env['REPEATS'] ?? 5);
    const { topics, tenantId, store } = servers;
    await servers.bridge({ topics: [topics.orders], groupId: `orders-${servers.id}` });
    await servers.bridge({ topics: [topics.payments], groupId: `payments-${servers.id}` });
    const declined = (orderId: string, nth: number) => {
      const event = { ...settled(orderId, { amountCents: nth }), tenantId };
      return encode(event, { topic: topics.payments });
    };
    for (let round = 0; round <= repeats; round += 1) {
      const orderId = `race-${round}`;
      const order = events(orderId);
      const payments = [1, 2, 3, 4].map((nth) => declined(orderId, nth));
      const [first, ...others] = payments;
      if (first === undefined) throw new Error('no payment');
      const subject = `orderSaga/${tenantId}/${orderId}`;
      const early = async () => (await store.parking.parked([subject])).has(subject);
      // The start lands among the payments, at another place each time; the first time when one is certainly parked.
      const firstSent = servers.send([first]);
      const mayStart =
        round === 0 ? firstSent.then(() => until('the first is parked', early)) : pause((round * 7) % 60);
      await Promise.all([
        (round === 0 ? mayStart : firstSent).then(() => servers.send(others)),
        mayStart.then(() => servers.send([order.placed])),
      ]);
      const taken = await until('all payments have arrived', async () => {
        const found = await signalled(servers, subject);
        return new Set(found).size >= payments.length + 1 && found;
      });
      const once = [...new Set(taken)];
      expect(once[0]).toBe(order.placed.headers['event-id']);
      expect(once.slice(1)).toEqual(payments.map(({ headers }) => headers['event-id']));
    }
    await until('no lane is parked', async () => (await store.parking.count()).lanes === 0);
    expect(await store.parking.count()).toEqual({ lanes: 0, events: 0 });
    await until(
      'the ledger says that events were parked',
      async () => ((await store.ledger.summary())['parked'] ?? 0) > 0,
    );
  }, 300_000);

  it('park a lane whose workflow does not answer, let the others flow, and deliver it in order once it does', async () => {
    const { topics, tenantId, store } = servers;
    const limits = { callsPerBarrier: 2, maxBatch: 1, barrierDeadlineMs: 500, blockedParkMs: 1_000 };
    // No worker: nothing answers a barrier, but new orders are started all the same.
    await servers.bridge({ limits });
    const slow = events('slow');
    const payments = [1, 2, 3, 4, 5].map((nth) =>
      encode({ ...settled('slow', { amountCents: nth }), tenantId }, { topic: topics.payments }),
    );
    await servers.send([slow.placed]);
    await until(
      'the order is started',
      async () => (await signalled(servers, `orderSaga/${tenantId}/slow`)).length === 1,
    );
    await servers.send(payments);
    let others = 0;
    await until('the lane is parked', async () => {
      others += 1;
      await servers.send([events(`other-${others}`).placed]);
      return (await store.parking.list({ limit: 10 })).items.some(
        ({ cause, key }) => cause === 'blocked' && key === 'slow',
      );
    });
    await until(
      'the partitions flow',
      async () => (await committed(servers.driver, `bridge-${servers.id}`, topics.payments)) === 5n,
    );

    await servers.worker();
    // The sweep tries a lane that stays blocked less and less often, every 6 s in the end.
    const allArrived = async () => {
      const found = await signalled(servers, `orderSaga/${tenantId}/slow`);
      return new Set(found).size === 6 && found;
    };
    const taken = await until('all have arrived', allArrived, 90_000);
    expect([...new Set(taken)]).toEqual([slow.placed, ...payments].map(({ headers }) => headers['event-id']));
    await until('the lane is empty', async () => (await store.parking.count()).lanes === 0);
  }, 240_000);
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Ids of the events that a workflow was signalled, in the order of its history. */
async function signalled({ client }: Servers, subject: string): Promise<string[]> {
  try {
    const { events: history } = await client.workflow.getHandle(subject).fetchHistory();
    return (history ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
      (signal?.input?.payloads ?? []).flatMap(({ data }) =>
        (JSON.parse(Buffer.from(data ?? []).toString()) as { eventId: string }[]).map(({ eventId }) => eventId),
      ),
    );
  } catch {
    return []; // not started yet
  }
}

async function committed(driver: KafkaDriver, groupId: string, topic: string): Promise<bigint> {
  const admin = await driver.admin();
  try {
    const places = await admin.committed(groupId, [topic]);
    return places.reduce((sum, { offset }) => sum + (offset > 0n ? offset : 0n), 0n);
  } finally {
    await admin.close();
  }
}
