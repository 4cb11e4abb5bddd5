import fc from 'fast-check';
import { Pool } from 'pg';
import { createStore } from '../create-store';
import type { Store } from '../store';
import { gate } from '../test/eventually';
import { appendRequest, deliveredEvent, subjectRef } from '../test/samples';
import { type FreshDatabase, freshDatabase } from '../testing';
import type { DeliveredEvent, ParkCause, SubjectRef } from '../types';
import { parkedInto } from './lane-order';

let database: FreshDatabase;
let store: Store;
let now: Date;

beforeEach(async () => {
  now = new Date('2026-03-01T09:00:00.000Z');
  database = await freshDatabase();
  store = createStore({ pool: database.pool, clock: { now: () => now } });
});

afterEach(async () => {
  await store?.close();
  await database?.drop();
});

const park = (ref: SubjectRef, ids: readonly string[], cause: ParkCause = 'early') =>
  store.parking.tryHold(ref.subject, (lane) =>
    lane.park(
      ref,
      ids.map((id) => deliveredEvent(ref, id)),
      cause,
    ),
  );
/** `a3`: read at offset 3 of partition a; other names were read nowhere. */
const readAt = (ref: SubjectRef, place: string, eventId = place): DeliveredEvent => ({
  ...deliveredEvent(ref, eventId),
  ...(place.length > 1 && { source: { topic: place.slice(0, 1), partition: 0, offset: place.slice(1) } }),
});
const idsOf = (events: readonly DeliveredEvent[] = []) => events.map(({ eventId }) => eventId);
const subjects = (lanes: readonly SubjectRef[]) => lanes.map(({ key }) => key);

describe('a held lane', () => {
  it('keeps events in parking order, each once and whole, until they are delivered', async () => {
    const ref = subjectRef();
    await park(ref, ['b', 'a', 'b']);
    const odd = {
      ...deliveredEvent(ref, 'c'),
      data: { text: '\0 \uD83D' },
      source: { topic: 't', partition: 1, offset: '7' },
    };
    const held = await store.parking.tryHold(ref.subject, async (lane) => {
      await lane.park(ref, [deliveredEvent(ref, 'a'), odd], 'blocked');
      const events = await lane.events(10);
      expect(await lane.events(1)).toEqual(events.slice(0, 1));
      return { events, left: [await lane.remove(['b', 'x']), await lane.remove(['a', 'c']), await lane.remove(['c'])] };
    });
    expect(held?.value.events).toEqual([deliveredEvent(ref, 'b'), deliveredEvent(ref, 'a'), odd]);
    expect(held?.value.left).toEqual([2, 0, 0]);
    expect(await store.parking.parked([ref.subject])).toEqual(new Set());
    expect(await store.parking.count()).toEqual({ lanes: 0, events: 0 });
  });

  it('keeps the events of a partition by their offsets, also those that come last, and no others', async () => {
    const ref = subjectRef();
    const batches = [
      ['a7', 'b3'],
      ['a9', 'c1', 'a8'],
      ['b9', 'a3'],
      ['x', 'a5', 'b1', 'c4'],
      ['a12', 'y', 'a4', 'a10'],
    ];
    const events = batches.map((places) => places.map((place) => readAt(ref, place)));
    const held = await store.parking.tryHold(ref.subject, async (lane) => {
      for (const batch of events) await lane.park(ref, batch, 'early');
      await lane.remove(['a4', 'a7', 'y']);
      await lane.park(ref, [readAt(ref, 'a6'), readAt(ref, 'a4')], 'early');
      return { all: await lane.events(100), first: await lane.events(3) };
    });
    const wanted = ['a3', 'a4', 'a5', 'b1', 'b3', 'a6', 'a8', 'a9', 'c1', 'b9', 'x', 'c4', 'a10', 'a12'];
    expect(idsOf(held?.value.all)).toEqual(wanted);
    expect(idsOf(held?.value.first)).toEqual(wanted.slice(0, 3));
  });

  it('has the order of the simulated store, whatever comes together, again, or at another offset', async () => {
    const place = fc.tuple(fc.constantFrom('a', 'b'), fc.nat(12));
    const batches = fc.array(fc.array(place, { minLength: 1, maxLength: 6 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(batches, async (plan) => {
        const ref = subjectRef();
        const idAt = (topic: string, offset: number) => `e${(offset * 7 + (topic === 'a' ? 0 : 4)) % 8}`;
        const events = plan.map((batch) =>
          batch.map(([topic, offset]) => readAt(ref, `${topic}${offset}`, idAt(topic, offset))),
        );
        const held = await store.parking.tryHold(ref.subject, async (lane) => {
          for (const batch of events) await lane.park(ref, batch, 'early');
          return lane.events(100);
        });
        expect(held?.value).toEqual(events.reduce(parkedInto, []));
      }),
      { numRuns: 40 },
    );
  });

  it('keeps of an unblocked lane what is said next', async () => {
    const ref = subjectRef();
    const held = await store.parking.tryHold(ref.subject, async (lane) => {
      await lane.unblock();
      await lane.park(ref, [deliveredEvent(ref)], 'blocked');
      await lane.unblock();
      const causes = [await lane.cause()];
      await lane.park(ref, [deliveredEvent(ref)], 'start-missing');
      await lane.unblock();
      return [...causes, await lane.cause()];
    });
    expect(held?.value).toEqual(['early', 'start-missing']);
  });

  it('keeps the cause that says more', async () => {
    const ref = subjectRef();
    const held = await store.parking.tryHold(ref.subject, async (lane) => {
      const causes = [await lane.cause()];
      for (const cause of ['early', 'start-missing', 'early', 'blocked', 'start-missing', 'early'] as const) {
        await lane.park(ref, [deliveredEvent(ref)], cause);
        causes.push(await lane.cause());
      }
      return causes;
    });
    const missing = 'start-missing';
    expect(held?.value).toEqual([undefined, 'early', missing, missing, 'blocked', 'blocked', 'blocked']);
  });

  it('sees the subject`s stream', async () => {
    const ref = subjectRef();
    const look = () => store.parking.tryHold(ref.subject, (lane) => lane.stream());
    expect(await look()).toEqual({ value: undefined });
    await store.append(appendRequest(ref));
    expect(await look()).toMatchObject({ value: { subject: ref.subject, version: 1 } });
  });

  it('is held by one at a time, across processes, and free again after a failure', async () => {
    const pool = new Pool({ connectionString: database.url, max: 4 });
    const other = createStore({ pool });
    const ref = subjectRef();
    const working = gate();
    const begun = gate();
    const held = store.parking.tryHold(ref.subject, () => {
      begun.open();
      return working.opened;
    });
    await begun.opened;
    expect(await other.parking.tryHold(ref.subject, async () => 1)).toBeUndefined();
    expect(await store.parking.tryHold(ref.subject, async () => 1)).toBeUndefined();
    expect(await other.parking.tryHold(subjectRef().subject, async () => 1)).toEqual({ value: 1 });
    working.open();
    await held;
    const failure = new Error('the workflow refused');
    await expect(other.parking.tryHold(ref.subject, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(await store.parking.tryHold(ref.subject, async () => 2)).toEqual({ value: 2 });
    await other.close();
    await pool.end();
  });

  it('has no transaction open while its holder works', async () => {
    const ref = subjectRef();
    await store.parking.tryHold(ref.subject, async (lane) => {
      await lane.park(ref, [deliveredEvent(ref)], 'early');
      const { rows } = await database.pool.query(
        `select state from pg_stat_activity where datname = current_database() and state like '%in transaction%'`,
      );
      expect(rows).toEqual([]);
    });
  });

  it('fails its holder when the connection is lost, and goes to the next', async () => {
    const ref = subjectRef();
    const cut = store.parking.tryHold(ref.subject, async (lane) => {
      await database.pool.query(
        `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())`,
      );
      await lane.park(ref, [deliveredEvent(ref)], 'early');
    });
    await expect(cut).rejects.toMatchObject({ code: 'unavailable', transient: true });
    expect(await park(ref, ['a'])).toBeDefined();
  });

  it('leaves connections for everybody else, however many want to hold', async () => {
    const working = gate();
    let holding = 0;
    const all = Array.from({ length: 30 }, () =>
      store.parking.tryHold(subjectRef().subject, async () => {
        holding += 1;
        await working.opened;
      }),
    );
    expect(await store.append(appendRequest(subjectRef()))).toMatchObject({ status: 'recorded' });
    expect(holding).toBeLessThanOrEqual(4);
    working.open();
    expect((await Promise.all(all)).every((held) => held !== undefined)).toBe(true);
    expect(holding).toBe(30);
  });
});

describe('parked lanes', () => {
  it('are known by subject, counted, and listed oldest first in pages', async () => {
    const refs = ['l1', 'l2', 'l3'].map((key) => subjectRef(key));
    for (const ref of refs) {
      await park(ref, ['a', 'b'], 'blocked');
      now = new Date(now.getTime() + 1_000);
    }
    expect(await store.parking.parked(['orderSaga/acme/l2', 'orderSaga/acme/l9'])).toEqual(
      new Set(['orderSaga/acme/l2']),
    );
    expect(await store.parking.count()).toEqual({ lanes: 3, events: 6 });
    expect(await store.parking.causes()).toEqual([{ target: 'orderSaga', cause: 'blocked', lanes: 3 }]);
    const first = await store.parking.list({ limit: 2 });
    expect(first.items).toMatchObject([
      { ...refs[0], cause: 'blocked', events: 2, parkedAt: '2026-03-01T09:00:00.000Z' },
      { key: 'l2' },
    ]);
    expect(first.items[0]).toMatchObject({ host: undefined, message: undefined });
    const second = await store.parking.list({ limit: 2, cursor: first.next ?? '' });
    expect([subjects(second.items), second.next]).toEqual([['l3'], null]);
    await expect(store.parking.list({ limit: 2, cursor: 'x' })).rejects.toMatchObject({ code: 'bad-cursor' });
  });

  it('name the host where their subject is placed, whatever the cause', async () => {
    const [pooled, own, unplaced] = [subjectRef('pooled'), subjectRef('own'), subjectRef('unplaced')];
    await store.placement.place(
      new Map([
        [pooled.subject, { host: 'orderSaga/host-3' }],
        [own.subject, { host: null }],
      ]),
    );
    for (const ref of [pooled, own, unplaced]) await park(ref, ['a'], 'blocked');
    const { items } = await store.parking.list({ limit: 10 });
    expect(Object.fromEntries(items.map(({ key, host }) => [key, host]))).toEqual({
      pooled: 'orderSaga/host-3',
      own: undefined,
      unplaced: undefined,
    });
  });

  it('are due once their stream exists, or once they waited too long for it', async () => {
    const [started, young, old] = [subjectRef('started'), subjectRef('young'), subjectRef('old')];
    await park(old, ['a']);
    now = new Date(now.getTime() + 60_000);
    await park(young, ['a']);
    await park(started, ['a']);
    await store.append(appendRequest(started));
    const due = () => store.parking.due({ earlyMaxAgeMs: 60_000, limit: 10 });
    expect(subjects(await due()).sort()).toEqual(['old', 'started']);
    now = new Date(now.getTime() + 60_000);
    expect(subjects(await due()).sort()).toEqual(['old', 'started', 'young']);
  });

  it('are unstarted if they have no stream and do not wait for their start', async () => {
    const causes: ParkCause[] = ['blocked', 'early', 'refused', 'start-missing', 'workflow-gone'];
    for (const cause of causes) {
      now = new Date(now.getTime() + 1_000);
      await park(subjectRef(cause), ['a'], cause);
    }
    const started = subjectRef('started');
    await park(started, ['a'], 'blocked');
    await store.append(appendRequest(started));
    const unstarted = async (limit: number) => subjects(await store.parking.unstarted({ limit }));
    expect(await unstarted(10)).toEqual(['blocked', 'refused', 'workflow-gone']);
    now = new Date(now.getTime() + 1_000);
    await store.parking.tryHold(subjectRef('blocked').subject, async () => undefined);
    expect(await unstarted(2)).toEqual(['refused', 'workflow-gone']);
  });

  it('take turns: one that stays stuck does not starve the others', async () => {
    for (const key of ['l1', 'l2', 'l3']) {
      await park(subjectRef(key), ['a']);
      now = new Date(now.getTime() + 1_000);
    }
    const tried: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      now = new Date(now.getTime() + 10_000);
      const [lane] = await store.parking.due({ earlyMaxAgeMs: 0, limit: 1 });
      if (lane === undefined) throw new Error('no lane is due');
      tried.push(lane.key);
      await store.parking.tryHold(lane.subject, async () => undefined);
    }
    expect(tried).toEqual(['l1', 'l2', 'l3', 'l1', 'l2', 'l3']);
  });
});
