import { eventually } from '../../test/support/eventually';
import { appendOperation } from '../append/operations';
import { runOperations } from '../append/stream-transaction';
import { createStore } from '../create-store';
import { lockKey } from '../lock-key';
import type { Store } from '../store';
import { appendRequest, deliveredEvent, nextAppend, subjectRef } from '../test/samples';
import { type FreshDatabase, freshDatabase } from '../testing';
import type { AppendRequest, SubjectRef } from '../types';

let database: FreshDatabase;
let store: Store;
let hosts = 0;

beforeAll(async () => {
  database = await freshDatabase();
  store = createStore({ pool: database.pool });
});
afterAll(async () => {
  await store?.close();
  await database?.drop();
});

const nextHost = (): string => {
  hosts += 1;
  return `orderSaga/host-${hosts}`;
};
const hosted = (host: string, hostChain: string, request: AppendRequest): AppendRequest => ({
  ...request,
  chain: host,
  hostChain,
});
const opened = async (chain = 'run-1') => {
  const host = nextHost();
  await store.hosting.open(host, chain);
  return host;
};
const at = (ms: number) => new Date(Date.parse('2030-01-01T00:00:00.000Z') + ms).toISOString();

/** Connections to this database that wait for somebody's lock. */
async function waiting(): Promise<number> {
  const { rows } = await database.pool.query<{ waiting: number }>(
    `select count(*)::integer as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]?.waiting ?? 0;
}

/** The append of four round trips, which takes what does not stand as expected. */
async function lookingAppend(request: AppendRequest): Promise<unknown> {
  const client = await database.pool.connect();
  try {
    const [outcome] = await runOperations(client, [appendOperation(request)]);
    return outcome?.ok ? outcome.result : outcome?.error;
  } finally {
    client.release();
  }
}

describe('placement', () => {
  it("is the first writer's, whatever comes later", async () => {
    const { subject } = subjectRef();
    const wishes = ['orderSaga/host-1', 'orderSaga/host-2', null].map((host) =>
      store.placement.place(new Map([[subject, { host }]])),
    );
    const answers = (await Promise.all(wishes)).map((placed) => placed.get(subject)?.host);
    expect(new Set(answers).size).toBe(1);
    expect((await store.placement.place(new Map([[subject, { host: 'orderSaga/host-9' }]]))).get(subject)?.host).toBe(
      answers[0],
    );
    expect((await store.placement.find([subject])).get(subject)?.host).toBe(answers[0]);
  });

  it('of a stream that began before there were placements is a workflow of its own', async () => {
    const ref = subjectRef();
    await store.append(appendRequest(ref));
    expect((await store.placement.find([ref.subject])).get(ref.subject)).toEqual({ host: null });
    const placed = await store.placement.place(new Map([[ref.subject, { host: 'orderSaga/host-1' }]]));
    expect(placed.get(ref.subject)).toEqual({ host: null });
  });

  it('is unknown of a subject that nothing has started', async () => {
    expect((await store.placement.find([subjectRef().subject])).size).toBe(0);
  });

  it('of many subjects by two bridges at a time ends in one answer for each', async () => {
    const subjects = Array.from({ length: 300 }, () => subjectRef().subject);
    const wanted = (host: string, order: readonly string[]) =>
      store.placement.place(new Map(order.map((subject) => [subject, { host }])));
    const [one, other] = await Promise.all([wanted('t/host-1', subjects), wanted('t/host-2', subjects.toReversed())]);
    expect(one.size).toBe(300);
    expect(new Map(one)).toEqual(new Map(other));
  });
});

describe('a host', () => {
  it('records for the chain that speaks for it, and for no older one', async () => {
    const host = await opened('run-1');
    const ref = subjectRef();
    expect(await store.append(hosted(host, 'run-1', appendRequest(ref)))).toMatchObject({ status: 'recorded' });
    await store.hosting.open(host, 'run-2');
    const second = nextAppend(ref, 1);
    expect(await store.append(hosted(host, 'run-1', second))).toEqual({ status: 'superseded' });
    expect(await store.append(hosted(host, 'run-2', second))).toMatchObject({ status: 'recorded', version: 2 });
    expect(await store.append(hosted('orderSaga/host-nobody', 'run-1', second))).toEqual({ status: 'superseded' });
  });

  it.each([
    ['in one statement', (request: AppendRequest) => store.append(request)],
    ['that looks first', lookingAppend],
  ])('opens for a new chain only after the appends of the one before are over, %s', async (_, append) => {
    const host = await opened('run-1');
    const ref = subjectRef();
    const client = await database.pool.connect();
    // Somebody holds the stream: the append waits for it, with the host's lock in its hands.
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(${lockKey('stream', ref.subject)})`);
    const appended = append(hosted(host, 'run-1', appendRequest(ref)));
    await eventually('the append waits', async () => (await waiting()) === 1);
    let isOpen = false;
    const opening = store.hosting.open(host, 'run-2').then((answer) => {
      isOpen = true;
      return answer;
    });
    await eventually('the new chain waits, or is open', async () => isOpen || (await waiting()) === 2);
    expect(isOpen).toBe(false);
    await client.query('commit');
    client.release();
    expect(await appended).toMatchObject({ status: 'recorded' });
    expect((await opening).stages).toEqual({ placed: 1 });
  });

  it('learns that a journey taken for new is not', async () => {
    const host = await opened();
    const ref = subjectRef();
    const fresh = { ...hosted(host, 'run-1', appendRequest(ref)), fresh: true };
    expect(await store.append(fresh)).toMatchObject({ status: 'recorded', version: 1 });
    expect(await store.append(fresh)).toMatchObject({ status: 'recorded', version: 1 }); // the same append again
    await store.append(hosted(host, 'run-1', nextAppend(ref, 1)));
    expect(await store.append(fresh)).toEqual({ status: 'known' });
    const other = {
      ...fresh,
      transitions: [{ from: null, to: 'placed', causes: ['e9'] }],
      consumed: [{ eventId: 'e9', version: 0 }],
    };
    expect(await store.append(other)).toEqual({ status: 'known' });
  });

  it('learns of what it tells again, once it speaks again, whether that stands so and is not parked', async () => {
    const host = await opened('run-1');
    const [ref, another] = [subjectRef(), subjectRef()];
    const second = hosted(host, 'run-1', nextAppend(ref, 1));
    for (const request of [hosted(host, 'run-1', appendRequest(ref)), second]) await store.append(request);
    await store.append(hosted(host, 'run-1', appendRequest(another)));
    await store.hosting.open(host, 'run-0');
    expect(await store.append({ ...second, retold: true })).toEqual({ status: 'superseded' });
    await store.hosting.open(host, 'run-1');
    const again = async (request: AppendRequest) => (await store.append({ ...request, retold: true })).status;
    expect(await again(second)).toBe('recorded');
    expect((await store.streams.get(ref.subject))?.version).toBe(2);
    expect(await again({ ...second, consumed: [{ eventId: 'e1', version: 1 }] })).toBe('known');
    const events = [deliveredEvent(another)];
    await store.hosting.park({ ref: another, host, chain: 'run-1', events, message: 'jammed', retryAt: at(60_000) });
    expect(await again(hosted(host, 'run-1', nextAppend(another, 1)))).toBe('known');
    const ids = events.map(({ eventId }) => eventId);
    await store.hosting.unpark(another.subject, ids);
    expect(await again(hosted(host, 'run-1', nextAppend(another, 1)))).toBe('recorded');
  });

  it('learns that a journey taken for new is parked: what waits for it goes first', async () => {
    const host = await opened();
    const ref = subjectRef();
    const begins = hosted(host, 'run-1', appendRequest(ref));
    await store.append(begins);
    const events = [deliveredEvent(ref)];
    await store.hosting.park({ ref, host, chain: 'run-1', events, message: 'jammed', retryAt: at(60_000) });
    expect(await store.append({ ...begins, fresh: true })).toEqual({ status: 'known' });
    expect(await store.append(begins)).toMatchObject({ status: 'recorded' });
    const ids = events.map(({ eventId }) => eventId);
    await store.hosting.unpark(ref.subject, ids);
    expect(await store.append({ ...begins, fresh: true })).toMatchObject({ status: 'recorded' });
  });

  it('parks nothing that the journey took before a late try of the call came', async () => {
    const host = await opened();
    const ref = subjectRef();
    const begins = hosted(host, 'run-1', appendRequest(ref));
    const taken = begins.consumed.map(({ eventId }) => deliveredEvent(ref, eventId));
    const parking = { ref, host, chain: 'run-1', message: 'jammed', retryAt: at(0) };
    await store.append(begins);
    const parked = async () => (await store.hosting.load([ref.subject]))[0]?.parked;
    expect(await store.hosting.park({ ...parking, events: taken })).toBe('taken');
    expect(await parked()).toBeUndefined();
    expect(await store.hosting.park({ ...parking, events: [...taken, deliveredEvent(ref, 'new')] })).toBe('parked');
    expect(await parked()).toMatchObject({ events: [{ eventId: 'new' }] });
    await store.hosting.unpark(ref.subject, ['new']);
  });

  it('parks nothing for an older chain, nor before it has opened', async () => {
    const host = await opened('run-1');
    const ref = subjectRef();
    const parking = { ref, host, events: [deliveredEvent(ref)], message: 'jammed', retryAt: at(0) };
    await store.hosting.open(host, 'run-2');
    expect(await store.hosting.park({ ...parking, chain: 'run-1' })).toBe('superseded');
    expect(await store.hosting.park({ ...parking, host: nextHost(), chain: 'run-2' })).toBe('superseded');
    expect((await store.hosting.load([ref.subject]))[0]?.parked).toBeUndefined();
    expect(await store.hosting.park({ ...parking, chain: 'run-2' })).toBe('parked');
    await store.hosting.unpark(
      ref.subject,
      parking.events.map(({ eventId }) => eventId),
    );
  });

  it('records many at once, and what is refused fails alone', async () => {
    const host = await opened();
    const refs = Array.from({ length: 300 }, () => subjectRef());
    const requests = refs.map((ref) => hosted(host, 'run-1', appendRequest(ref)));
    const broken = { ...hosted(host, 'run-1', appendRequest(subjectRef())), correlationId: 'NUL \0' };
    const answers = await store.appendMany([broken, ...requests]);
    expect(answers[0]).toMatchObject({ code: 'unstorable-text' });
    expect(answers.slice(1).every((answer) => 'status' in answer && answer.status === 'recorded')).toBe(true);
    expect((await store.hosting.open(host, 'run-1')).stages).toEqual({ placed: 300 });
  });

  it('finds its deadlines page by page, those of parked journeys among them, and none of others', async () => {
    const host = await opened();
    const refs = Array.from({ length: 5 }, (_, nth) => subjectRef(`d${hosts}-${nth}`));
    const withDeadline = (ref: SubjectRef, deadline: string | undefined, closed = false) =>
      store.append(
        hosted(
          host,
          'run-1',
          appendRequest(ref, { after: { stage: 'placed', state: {}, machineVersion: 1, closed, deadline } }),
        ),
      );
    for (const [nth, ref] of refs.entries()) await withDeadline(ref, at((nth % 3) * 1_000));
    await withDeadline(subjectRef(), at(10), true);
    await withDeadline(subjectRef(), undefined);
    await withDeadline(subjectRef(), at(3_600_000));
    await store.append(
      appendRequest(subjectRef(), {
        after: { stage: 'placed', state: {}, machineVersion: 1, closed: false, deadline: at(0) },
      }),
    );
    const parked = subjectRef();
    await store.hosting.park({ ref: parked, host, chain: 'run-1', events: [], message: 'jammed', retryAt: at(1_500) });
    const subjects = refs.map(({ subject }) => subject);
    const expected = [
      [subjects[0], at(0)],
      [subjects[3], at(0)],
      [subjects[1], at(1_000)],
      [subjects[4], at(1_000)],
      [parked.subject, at(1_500)],
      [subjects[2], at(2_000)],
    ].map(([subject, instant]) => ({ subject, at: instant }));
    const until = at(60_000);
    const first = await store.hosting.due(host, { until, limit: 4 });
    const rest = await store.hosting.due(host, { after: first.at(-1), until, limit: 4 });
    expect([...first, ...rest]).toEqual(expected);
    await store.hosting.unpark(parked.subject, []);
    await database.pool.query('delete from millrace.streams where subject = any($1)', [subjects]);
  });

  it('loads what it needs of a journey, with the events that wait while its machine fails', async () => {
    const host = await opened();
    const [standing, broken, unknown] = [subjectRef(), subjectRef(), subjectRef()];
    await store.append(hosted(host, 'run-1', appendRequest(standing)));
    const events = ['e2', 'e3', 'e2', 'e4'].map((id) => deliveredEvent(broken, id));
    const journey = { ref: broken, host, chain: 'run-1', message: 'jammed\0', retryAt: at(0) };
    await store.hosting.park({ ...journey, events: events.slice(0, 2) });
    await store.hosting.park({ ...journey, message: 'later', events });
    const [one, two, none] = await store.hosting.load([standing.subject, broken.subject, unknown.subject]);
    expect(one).toMatchObject({
      stream: { chain: host, version: 1, status: 'open', state: { at: 'placed' }, key: standing.key },
    });
    expect(two?.stream).toBeUndefined();
    expect(two?.parked).toMatchObject({ key: broken.key, more: false });
    expect(two?.parked?.events.map(({ eventId }) => eventId)).toEqual(['e2', 'e3', 'e4']);
    expect(none).toEqual({ subject: unknown.subject, stream: undefined, parked: undefined });
    const lanes = async () =>
      (await store.parking.list({ limit: 100 })).items.filter(({ subject }) => subject === broken.subject);
    expect(await lanes()).toMatchObject([
      { cause: 'machine-failed', events: 3, tenantId: 'acme', host, message: 'later' },
    ]);
    expect(await store.parking.count()).toEqual({ lanes: 1, events: 3 });
    expect(await store.parking.causes()).toEqual([{ target: 'orderSaga', cause: 'machine-failed', lanes: 1 }]);
    expect(await store.report()).toMatchObject({ parkedLanes: 1, parkedEvents: 3 });
    await store.hosting.unpark(broken.subject, ['e2', 'e3']);
    expect(await lanes()).toMatchObject([{ events: 1 }]);
    await store.hosting.unpark(broken.subject, ['e4']);
    expect(await lanes()).toEqual([]);
  });

  it('loads many events that wait in pages: once those of one are gone, the next ones come', async () => {
    const host = await opened();
    const ref = subjectRef();
    const ids = Array.from({ length: 201 }, (_, nth) => `e${nth}`);
    const events = ids.map((id) => deliveredEvent(ref, id));
    await store.hosting.park({ ref, host, chain: 'run-1', events, message: 'jammed', retryAt: at(0) });
    const parked = async () => (await store.hosting.load([ref.subject]))[0]?.parked;
    expect(await parked()).toMatchObject({ events: { length: 200 }, more: true });
    await store.hosting.unpark(ref.subject, ids.slice(0, 200));
    expect(await parked()).toMatchObject({ events: [{ eventId: 'e200' }], more: false });
    await store.hosting.unpark(ref.subject, ids);
    expect(await parked()).toBeUndefined();
  });

  it('bug: answered more than an activity may: of large events it loads what fits, and of many journeys the first', async () => {
    const host = await opened();
    const parkedWith = async (characters: readonly number[]) => {
      const ref = subjectRef();
      const events = characters.map((length, nth) => ({
        ...deliveredEvent(ref, `e${nth}`),
        data: { text: 'x'.repeat(length) },
      }));
      await store.hosting.park({ ref, host, chain: 'run-1', events, message: 'jammed', retryAt: at(0) });
      return ref.subject;
    };
    const large = 250 * 1024;
    const subjects = [
      await parkedWith([large, 10, large]),
      await parkedWith([2 * large, 10]),
      await parkedWith([100_000, 100_000]),
      subjectRef().subject,
    ];
    const loaded = async (asked: readonly string[]) =>
      (await store.hosting.load(asked)).map(({ subject, parked }) => [
        subjects.indexOf(subject),
        parked?.events.map(({ eventId }) => eventId),
        parked?.more,
      ]);
    expect(await loaded(subjects)).toEqual([[0, ['e0', 'e1'], true]]);
    expect(await loaded(subjects.slice(1))).toEqual([[1, ['e0'], true]]);
    expect(await loaded(subjects.slice(2))).toEqual([
      [2, ['e0', 'e1'], false],
      [3, undefined, undefined],
    ]);
    const effects = [2 * large, 2 * large, 10].map((length, nth) => ({ key: `${nth}`, effect: 'x'.repeat(length) }));
    await store.hosting.putAwayEffects(host, effects);
    const sizes = async () => (await store.hosting.effects(host, 200)).map((effect) => String(effect).length);
    expect(await sizes()).toEqual([2 * large]);
    await store.hosting.forgetEffects(host, ['0']);
    expect(await sizes()).toEqual([2 * large, 10]);
    await store.hosting.forgetEffects(host, ['1', '2']);
    for (const subject of subjects) await store.hosting.unpark(subject, ['e0', 'e1', 'e2']);
  });

  it('keeps effects that a run could not carry until the next one has them', async () => {
    const host = await opened();
    const effects = ['a', 'b', 'c'].map((key) => ({ key, effect: { key } }));
    await store.hosting.putAwayEffects(host, effects.slice(0, 2));
    await store.hosting.putAwayEffects(host, effects);
    expect(await store.hosting.effects(host, 2)).toEqual([{ key: 'a' }, { key: 'b' }]);
    await store.hosting.forgetEffects(host, ['a', 'b']);
    expect(await store.hosting.effects(host, 2)).toEqual([{ key: 'c' }]);
    expect(await store.hosting.effects(await opened(), 2)).toEqual([]);
  });
});
