import { Pool } from 'pg';
import { createStore } from '../create-store';
import type { Store } from '../store';
import { eventually } from '../test/eventually';
import { appendRequest, deliveredEvent, nextAppend, subjectRef } from '../test/samples';
import { type FreshDatabase, freshDatabase } from '../testing';
import type { AppendRequest } from '../types';

let database: FreshDatabase;
let store: Store;
const groups: { operations: number }[] = [];
const results: string[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  store = createStore({
    pool: database.pool,
    metrics: { committed: (group) => groups.push(group), appended: ({ status }) => results.push(status) },
  });
});

afterAll(async () => {
  await store?.close();
  await database?.drop();
});

const closing = (ref = subjectRef(), late = [deliveredEvent(ref, 'l1')]): AppendRequest =>
  appendRequest(ref, { late, after: { stage: 'completed', state: null, machineVersion: 1, closed: true } });

describe('append', () => {
  it('records a move with everything about it, and answers the same times again', async () => {
    const ref = subjectRef();
    const request = appendRequest(ref, {
      traceparent: '00-1-2-01',
      transitions: [
        { from: null, to: 'placed', causes: ['e1'], reason: 'first', data: { lines: [{ sku: 'a', quantity: 1.5 }] } },
        { from: 'placed', to: 'paid', causes: ['e2', 'e3'] },
        { from: 'paid', to: 'expired', causes: [], data: null },
      ],
      after: {
        stage: 'expired',
        state: { at: 'expired' },
        machineVersion: 7,
        closed: false,
        deadline: '2026-04-01T00:00:00.000Z',
      },
    });
    const answer = await store.append(request);
    const row = await store.streams.get(ref.subject);
    expect(answer).toEqual({ status: 'recorded', version: 3, recordedAt: Array(3).fill(row?.updatedAt) });
    expect(row).toMatchObject({
      ...ref,
      chain: 'chain-1',
      version: 3,
      status: 'open',
      stage: 'expired',
      state: { at: 'expired' },
      machineVersion: 7,
      deadline: '2026-04-01T00:00:00.000Z',
      correlationId: request.correlationId,
    });
    const transitions = await store.streams.transitions(ref.subject);
    expect(transitions).toMatchObject(request.transitions.map((draft, index) => ({ ...draft, version: index + 1 })));
    expect(await store.streams.transitions(ref.subject, 1, 1)).toEqual([transitions[1]]);
    expect(await store.append(request)).toEqual(answer);
    expect(await store.streams.transitions(ref.subject)).toEqual(transitions);
    expect(await store.streams.get(ref.subject)).toEqual(row);
  });

  it('answers duplicates, conflict and a foreign chain, and leaves the stream alone', async () => {
    const ref = subjectRef();
    await store.append(appendRequest(ref));
    const again = nextAppend(ref, 1, 'e1');
    expect(await store.append(again)).toEqual({ status: 'duplicates', eventIds: ['e1'] });
    const other = appendRequest(ref, { transitions: [{ from: null, to: 'other', causes: ['e1'] }] });
    expect(await store.append(other)).toMatchObject({ status: 'conflict' });
    expect(await store.append({ ...nextAppend(ref, 1), chain: 'chain-2' })).toEqual({
      status: 'foreign-chain',
      chain: 'chain-1',
      closed: false,
    });
    expect(await store.streams.get(ref.subject)).toMatchObject({ version: 1, chain: 'chain-1' });
    expect(await store.streams.transitions(ref.subject)).toHaveLength(1);
  });

  it('keeps late events whole and each once, whatever close brings them', async () => {
    const ref = subjectRef();
    const late = { ...deliveredEvent(ref, 'l1'), data: { text: 'NUL \0 and half \uD83D', deep: [{ a: 1 }] } };
    const request = closing(ref, [late]);
    expect(await store.append(request)).toMatchObject({ status: 'recorded' });
    expect(await store.append({ ...request, late: [late, deliveredEvent(ref, 'l2')] })).toMatchObject({
      status: 'recorded',
    });
    expect(await store.streams.late(ref.subject)).toEqual([late, deliveredEvent(ref, 'l2')]);
    expect(await store.streams.verdicts(ref.subject, ['e1', 'l1', 'l2', 'x'])).toEqual([
      'duplicate',
      'duplicate',
      'duplicate',
      'closed',
    ]);
  });

  it('keeps any text in state, reason and data', async () => {
    const ref = subjectRef();
    const text = 'NUL \0, half \uD83D, whole 😀, quote " \\ \' {a,b} NULL';
    const request = appendRequest(ref, {
      transitions: [{ from: null, to: 'placed', causes: ['e1'], reason: text, data: { [text]: text } }],
      after: { stage: 'placed', state: { text }, machineVersion: 1, closed: false },
    });
    const answer = await store.append(request);
    expect(await store.append(request)).toEqual(answer);
    expect(await store.streams.get(ref.subject)).toMatchObject({ state: { text } });
    expect(await store.streams.transitions(ref.subject)).toMatchObject([{ reason: text, data: { [text]: text } }]);
  });
});

describe('a group commit', () => {
  it('shares transactions, and a conflict fails only its own stream', async () => {
    const refs = Array.from({ length: 40 }, () => subjectRef());
    await Promise.all(refs.map((ref) => store.append(appendRequest(ref))));
    groups.length = 0;
    const answers = await Promise.all(refs.map((ref, index) => store.append(nextAppend(ref, index === 20 ? 5 : 1))));
    expect(answers.map(({ status }) => status)).toEqual(
      refs.map((_, index) => (index === 20 ? 'conflict' : 'recorded')),
    );
    expect(groups.length).toBeLessThan(10);
    expect(groups.reduce((sum, { operations }) => sum + operations, 0)).toBe(40);
    expect(results.slice(-40).filter((status) => status === 'conflict')).toHaveLength(1);
  });

  it.each<[string, Partial<AppendRequest>, string]>([
    ['NUL in an event id', { consumed: [{ eventId: 'a\0', version: 0 }] }, 'unstorable-text'],
    [
      'half a surrogate pair in a cause',
      { transitions: [{ from: null, to: 'a', causes: ['\uD83D'] }] },
      'unstorable-text',
    ],
    ['a contradiction', { expectedVersion: -1 }, 'bad-request'],
    [
      'what only PostgreSQL refuses',
      { correlationId: 'c', traceparent: 't', expectedVersion: 3_000_000_000 },
      'refused-by-database',
    ],
    [
      'a deadline that is none',
      { after: { stage: 'a', state: null, machineVersion: 1, closed: false, deadline: 'tomorrow-ish' } },
      'refused-by-database',
    ],
  ])('fails a request with %s alone', async (_, changes, code) => {
    const good = Array.from({ length: 12 }, () => subjectRef());
    const answers = await Promise.allSettled([
      ...good.slice(0, 6).map((ref) => store.append(appendRequest(ref))),
      store.append(appendRequest(subjectRef(), changes)),
      ...good.slice(6).map((ref) => store.append(appendRequest(ref))),
    ]);
    expect(answers.map(({ status }) => status).filter((status) => status === 'fulfilled')).toHaveLength(12);
    expect(answers[6]).toMatchObject({ status: 'rejected', reason: { code, transient: false } });
    for (const ref of good) expect(await store.streams.get(ref.subject)).toMatchObject({ version: 1 });
  });

  it('records one of two stories that several processes tell of the same streams at once', async () => {
    const pool = new Pool({ connectionString: database.url, max: 5 });
    const second = createStore({ pool });
    const refs = Array.from({ length: 20 }, () => subjectRef());
    const tell = (by: Store, to: string) =>
      Promise.all(
        refs.map((ref) => by.append(appendRequest(ref, { transitions: [{ from: null, to, causes: ['e1'] }] }))),
      );
    const [a, b] = await Promise.all([tell(store, 'a'), tell(second, 'b')]);
    for (const [index, ref] of refs.entries()) {
      expect([a[index]?.status, b[index]?.status].sort()).toEqual(['conflict', 'recorded']);
      const [told] = await store.streams.transitions(ref.subject);
      expect(told?.to).toBe(a[index]?.status === 'recorded' ? 'a' : 'b');
    }
    await second.close();
    await pool.end();
  });

  it('records a request once that is sent again while it is under way', async () => {
    const ref = subjectRef();
    const answers = await Promise.all(Array.from({ length: 5 }, () => store.append(appendRequest(ref))));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await store.streams.transitions(ref.subject)).toHaveLength(1);
  });

  it('asks to try again when the connection is cut under it, and records then', async () => {
    const ref = subjectRef();
    const name = `cut-${ref.key}`;
    const pool = new Pool({ connectionString: database.url, max: 4, application_name: name });
    const cut = createStore({ pool });
    const blocker = await database.pool.connect();
    await blocker.query('begin; lock table millrace.streams in access exclusive mode');
    const append = cut.append(appendRequest(ref)).then(
      () => 'recorded',
      (error: unknown) => error,
    );
    const waiting = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'`;
    // Not on the blocker's connection: a transaction sees the activity of its first look for ever.
    await eventually(async () => expect((await database.pool.query(waiting, [name])).rowCount).toBe(1));
    expect(await append).toMatchObject({ code: 'unavailable', transient: true });
    await blocker.query('rollback');
    blocker.release();
    expect(await cut.append(appendRequest(ref))).toMatchObject({ status: 'recorded' });
    await cut.close();
    await pool.end();
  });

  it('takes nothing after it was closed', async () => {
    const closed = createStore({ pool: database.pool });
    const under = closed.append(appendRequest(subjectRef()));
    await closed.close();
    expect(await under).toMatchObject({ status: 'recorded' });
    await expect(closed.append(appendRequest(subjectRef()))).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('a pool', () => {
  it('that is too small is refused at once', () => {
    expect(() => createStore({ pool: new Pool({ max: 3 }) })).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});
