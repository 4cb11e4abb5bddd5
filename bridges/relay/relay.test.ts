import { registry } from '@millrace/events';
import { type OutgoingRecord, type RecordPlace, systemClock } from '@millrace/kafka';
import type { FeedEntry, FeedPosition } from '../../store/types';
import { settled } from '../inbound/testing/bridge-parts';
import { createRelay, type RelayOptions } from './relay';
import { toRecords, UnknownTarget } from './to-records';

const contract = { target: 'orderSaga', transitionsTopic: 'commerce.orders.transitions', late: 'dead-letter' as const };
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

const at = (position: number): FeedPosition => ({ epoch: 1, transactionId: '700', position: String(position) });
const common = (position: number, target = 'orderSaga') => ({
  at: at(position),
  subject: `${target}/acme/order-1`,
  target,
  tenantId: 'acme',
  key: 'order-1',
  correlationId: 'corr',
  traceparent,
  recordedAt: '2026-03-01T08:00:00.000Z',
});
const uuid = (nth: number) => `00000000-0000-5000-8000-${String(nth).padStart(12, '0')}`;
const moved = (version: number, transition: object = {}): FeedEntry => ({
  ...common(version),
  kind: 'transition',
  transition: {
    transitionId: uuid(version),
    version,
    recordedAt: '2026-03-01T08:00:00.000Z',
    from: version === 1 ? null : 'placed',
    to: 'placed',
    causes: [uuid(100), uuid(101)],
    ...transition,
  },
});
const late = (
  position: number,
  source: object = { source: { topic: 'commerce.payments.events', partition: 3, offset: '42' } },
): FeedEntry => ({
  ...common(position),
  kind: 'late',
  event: { ...settled().event, traceparent, ...source },
  version: 4,
});

describe('the feed as records', () => {
  const targets = new Map([[contract.target, contract]]);

  it('has each transition as an event of its own, under the id of the transition and the key of its subject', () => {
    const [record] = toRecords([moved(2, { reason: 'because', data: { totalCents: 100 } })], targets);
    expect(record).toMatchObject({ topic: 'commerce.orders.transitions', key: 'order-1', headers: { traceparent } });
    expect(
      registry.decode({ value: record?.value ?? null, headers: record?.headers ?? {}, key: record?.key ?? null }),
    ).toMatchObject({
      ok: true,
      event: {
        eventId: uuid(2),
        eventType: 'TransitionRecorded',
        eventTime: '2026-03-01T08:00:00.000Z',
        aggregateType: 'orderSaga',
        aggregateId: 'order-1',
        tenantId: 'acme',
        correlationId: 'corr',
        causationId: uuid(101),
        data: {
          subject: 'orderSaga/acme/order-1',
          version: 2,
          from: 'placed',
          to: 'placed',
          reason: 'because',
          data: { totalCents: 100 },
        },
      },
    });
  });

  it('is readable whatever a transition says', () => {
    const records = toRecords(
      [moved(1, { causes: [], reason: 'x'.repeat(5_000) }), moved(2, { data: 'x'.repeat(400_000) })],
      targets,
    );
    const decoded = records.map(({ value, headers, key }) => registry.decode({ value, headers, key }));
    expect(decoded).toMatchObject([{ ok: true }, { ok: true, event: { metadata: { dataOmitted: true } } }]);
  });

  it('sends late events to the dead letters of the topic they came in', () => {
    expect(toRecords([late(1)], targets)).toMatchObject([
      {
        topic: 'commerce.payments.events.dlq',
        headers: {
          'x-error-code': 'late',
          'x-error-class': 'late',
          'x-original-partition': '3',
          'x-original-offset': '42',
          traceparent,
        },
      },
    ]);
  });

  it('is not stopped by a late event that is larger as an envelope than readers take', () => {
    const entry = late(1) as FeedEntry & { kind: 'late' };
    const large = { ...entry, event: { ...entry.event, metadata: { note: 'x'.repeat(300_000) } } };
    const [letter] = toRecords([large], targets);
    expect(letter?.topic).toBe('commerce.payments.events.dlq');
    expect(letter?.value?.length).toBeGreaterThan(300_000);
  });

  it('finds the topic of a late event that did not come over Kafka by its type', () => {
    expect(toRecords([late(1, { source: undefined })], targets)).toMatchObject([
      { topic: 'commerce.payments.events.dlq' },
    ]);
  });

  it('leaves out late events that the contract ignores', () => {
    expect(toRecords([late(1)], new Map([['orderSaga', { ...contract, late: 'ignore' as const }]]))).toEqual([]);
  });

  it('stops at a target that nobody told it of', () => {
    expect(() => toRecords([moved(1)], new Map())).toThrow(UnknownTarget);
  });
});

describe('the relay', () => {
  function given(entries: readonly FeedEntry[], options: Partial<RelayOptions> = {}) {
    const feed = [...entries];
    const sent: OutgoingRecord[][] = [];
    const saved: (FeedPosition | null)[] = [];
    const state = { lease: new AbortController(), free: true, failSends: 0, releases: 0, refuseSave: false };
    const metrics: string[] = [];
    const ages: number[] = [];
    const relay = createRelay({
      store: {
        feed: {
          async read(after, limit) {
            const from = after === null ? 0 : feed.findIndex(({ at: place }) => place.position === after.position) + 1;
            return feed.slice(from, from + limit);
          },
        },
        subscriptions: {
          checkpoint: async () => saved.at(-1) ?? null,
          async save(_name, place) {
            if (state.refuseSave) return false;
            saved.push(place);
            return true;
          },
          async tryLease() {
            if (!state.free) return undefined;
            state.free = false;
            state.lease = new AbortController();
            return {
              lost: state.lease.signal,
              async release() {
                state.free = true;
                state.releases += 1;
              },
            };
          },
        },
      },
      producer: {
        async send(records): Promise<RecordPlace[]> {
          if (state.failSends > 0) {
            state.failSends -= 1;
            throw new Error('Kafka is away');
          }
          sent.push([...records]);
          return [];
        },
      },
      contracts: [contract],
      batch: 2,
      pollMs: { min: 1, max: 4 },
      retryMs: 2,
      metrics: {
        published: (topic, records) => metrics.push(`${topic} ${records}`),
        transition: (target, stage) => metrics.push(`${target} ${stage}`),
        batchEnded: () => undefined,
        age: (ms) => ages.push(ms),
        failed: () => metrics.push('failed'),
        leading: (holds) => metrics.push(`leading ${holds}`),
      },
      ...options,
    });
    const versions = () => sent.flat().map(({ value }) => JSON.parse(String(value)).data.version as number);
    return { relay, feed, sent, saved, state, metrics, ages, versions };
  }
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
  };

  it('publishes the feed in order and in batches, and what comes later', async () => {
    const { relay, feed, sent, saved, versions } = given([moved(1), moved(2), moved(3)]);
    relay.start();
    await until(() => saved.length === 2);
    feed.push(moved(4));
    await until(() => saved.length === 3);
    await relay.stop();
    expect(versions()).toEqual([1, 2, 3, 4]);
    expect(sent.map((batch) => batch.length)).toEqual([2, 1, 1]);
    expect(saved.at(-1)).toEqual(at(4));
    expect(relay.stats()).toEqual({ leading: false, publishedEntries: 4, checkpoint: at(4) });
  });

  it('counts where transitions led, once they are published', async () => {
    const { relay, saved, state, metrics } = given([moved(1), late(2), moved(3, { to: 'stuck' })]);
    state.failSends = 1;
    relay.start();
    await until(() => saved.length === 2);
    await relay.stop();
    expect(metrics.filter((line) => line.startsWith('orderSaga'))).toEqual(['orderSaga placed', 'orderSaga stuck']);
  });

  it('goes on from the checkpoint after a failure, under the same ids', async () => {
    const { relay, saved, state, versions, metrics } = given([moved(1), moved(2), moved(3)]);
    state.failSends = 1;
    relay.start();
    await until(() => saved.length === 2);
    await relay.stop();
    expect(versions()).toEqual([1, 2, 3]);
    expect(metrics).toContain('failed');
    expect(state.releases).toBe(2);
  });

  it('saves no checkpoint beyond what is acknowledged', async () => {
    const { relay, saved, state } = given([moved(1)]);
    state.failSends = Number.POSITIVE_INFINITY;
    relay.start();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await relay.stop();
    expect(saved).toEqual([]);
  });

  it('tells the age of what it cannot publish', async () => {
    let now = Date.parse('2026-03-01T08:00:00.000Z');
    const { relay, state, ages } = given([moved(1)], { clock: { ...systemClock, now: () => (now += 1_000) } });
    state.failSends = Number.POSITIVE_INFINITY;
    relay.start();
    await until(() => ages.length >= 3);
    await relay.stop();
    expect(ages[2]).toBeGreaterThan(ages[0] ?? 0);
  });

  it('tells no age of its own once it does not lead any more', async () => {
    const { relay, state, ages } = given([moved(1)]);
    state.failSends = Number.POSITIVE_INFINITY;
    relay.start();
    await until(() => state.releases > 0);
    await relay.stop();
    expect(ages.at(-1)).toBe(0);
    expect(ages[0]).toBeGreaterThan(0);
  });

  it('notices while it is idle that its checkpoint was not saved', async () => {
    const { relay, saved, state } = given([moved(1)]);
    state.refuseSave = true;
    relay.start();
    await until(() => state.releases > 0);
    state.refuseSave = false;
    await until(() => saved.length === 1);
    await relay.stop();
  });

  it('publishes nothing without the lease', async () => {
    const { relay, sent, state } = given([moved(1)]);
    state.free = false;
    relay.start();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sent).toEqual([]);
    state.free = true;
    await until(() => sent.length === 1);
    await relay.stop();
  });

  it('stops at once when the lease is lost, and asks for it again', async () => {
    const { relay, feed, sent, state, metrics } = given([moved(1)]);
    relay.start();
    await until(() => sent.length === 1);
    state.free = false;
    state.lease.abort();
    await until(() => state.releases > 0);
    state.free = false;
    feed.push(moved(2));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sent).toHaveLength(1);
    state.free = true;
    await until(() => sent.length === 2);
    await relay.stop();
    expect(metrics.filter((line) => line.startsWith('leading'))).toEqual([
      'leading true',
      'leading false',
      'leading true',
      'leading false',
    ]);
  });

  it('leaves the field when somebody else has moved the checkpoint on', async () => {
    const { relay, state, sent } = given([moved(1), moved(2), moved(3), moved(4), moved(5)]);
    state.refuseSave = true;
    relay.start();
    await until(() => state.releases > 0);
    await relay.stop();
    expect(sent.length).toBeLessThan(3);
  });

  it('stops while it is idle, and before it was started', async () => {
    const { relay } = given([]);
    await relay.stop();
    const other = given([]);
    other.relay.start();
    await new Promise((resolve) => setTimeout(resolve, 10));
    await other.relay.stop();
    expect(other.sent).toEqual([]);
  });
});
