import type { PoolClient } from 'pg';
import { withConnection } from '../connection';
import { createStore } from '../create-store';
import { lockKey } from '../lock-key';
import type { Store } from '../store';
import { eventually } from '../test/eventually';
import { appendRequest, deliveredEvent, nextAppend, subjectRef } from '../test/samples';
import { type FreshDatabase, freshDatabase } from '../testing';
import type { AppendRequest, AppendResult, SubjectRef } from '../types';
import { runExpecting } from './append-expected';
import { appendOperation } from './operations';

let database: FreshDatabase;
let store: Store;
let opened = 0;

beforeAll(async () => {
  database = await freshDatabase();
  store = createStore({ pool: database.pool });
});

afterAll(async () => {
  await store?.close();
  await database?.drop();
});

const openHost = async (chain: string): Promise<string> => {
  opened += 1;
  const host = `orderSaga/host-${opened}`;
  await store.hosting.open(host, chain);
  return host;
};

const hosted = (host: string, hostChain: string, request: AppendRequest): AppendRequest => ({
  ...request,
  chain: host,
  hostChain,
});

/** All in one group; and how many statements it took, `begin` and `commit` among them. */
const runGroup = (requests: readonly AppendRequest[]) =>
  withConnection(database.pool, async (client) => {
    const statements = jest.spyOn(client, 'query');
    const outcomes = await runExpecting(client, requests.map(appendOperation));
    return {
      results: outcomes.map((outcome) => (outcome.ok ? outcome.result : outcome.error)),
      statements: statements.mock.calls.length,
    };
  });

const closing = (request: AppendRequest): AppendRequest => ({ ...request, after: { ...request.after, closed: true } });

describe('a group of appends to streams that stand as expected', () => {
  it('is one statement: streams that open, move and close, of workflows and of hosts', async () => {
    const host = await openHost('run-1');
    const [moved, closed, onHost, fresh, freshOnHost] = [1, 2, 3, 4, 5].map(() => subjectRef());
    if (!moved || !closed || !onHost || !fresh || !freshOnHost) throw new Error('five subjects are wanted');
    await store.appendMany([appendRequest(moved), appendRequest(closed), hosted(host, 'run-1', appendRequest(onHost))]);
    const { results, statements } = await runGroup([
      nextAppend(moved, 1),
      closing(nextAppend(closed, 1)),
      hosted(host, 'run-1', nextAppend(onHost, 1)),
      appendRequest(fresh),
      hosted(host, 'run-1', { ...appendRequest(freshOnHost), fresh: true }),
    ]);
    expect(statements).toBe(1);
    expect(results).toMatchObject([2, 2, 2, 1, 1].map((version) => ({ status: 'recorded', version })));
    expect(await store.streams.get(closed.subject)).toMatchObject({ version: 2, status: 'closed', stage: 's2' });
    expect(await store.streams.get(fresh.subject)).toMatchObject({ version: 1, status: 'open', stage: 'placed' });
    expect(await store.streams.transitions(moved.subject)).toMatchObject([
      { version: 1, to: 'placed' },
      { version: 2, to: 's2', causes: ['e2'], recordedAt: expect.any(String) },
    ]);
    expect(await store.streams.verdicts(moved.subject, ['e1', 'e2', 'e3'])).toEqual(['duplicate', 'duplicate', 'open']);
  });

  it('is answered with the times that are stored', async () => {
    const ref = subjectRef();
    const { results } = await runGroup([appendRequest(ref)]);
    const [told] = await store.streams.transitions(ref.subject);
    expect(results).toEqual([{ status: 'recorded', version: 1, recordedAt: [told?.recordedAt] }]);
  });
});

describe('an append to a stream that does not stand as expected', () => {
  type Case = [string, (ref: SubjectRef) => Promise<AppendRequest>, Partial<AppendResult>, number];
  const having = async (before: readonly AppendRequest[], request: AppendRequest) => {
    for (const one of before) await store.append(one);
    return request;
  };
  it.each<Case>([
    ['that came before', (ref) => having([appendRequest(ref)], appendRequest(ref)), { status: 'recorded' }, 1],
    [
      'that tells another story',
      (ref) =>
        having([appendRequest(ref), nextAppend(ref, 1)], {
          ...nextAppend(ref, 1),
          consumed: [],
          transitions: [{ from: 's1', to: 'other', causes: [] }],
        }),
      { status: 'conflict' },
      2,
    ],
    ['that is ahead', (ref) => having([appendRequest(ref)], nextAppend(ref, 5)), { status: 'conflict' }, 1],
    ['that is not there', (ref) => having([], nextAppend(ref, 5)), { status: 'conflict' }, 0],
    [
      "of another chain's stream",
      (ref) => having([appendRequest(ref)], { ...nextAppend(ref, 1), chain: 'chain-2' }),
      { status: 'foreign-chain' },
      1,
    ],
    [
      'to a closed stream',
      (ref) => having([closing(appendRequest(ref))], nextAppend(ref, 1)),
      { status: 'conflict' },
      1,
    ],
    [
      'with an event that the subject has taken',
      (ref) => having([appendRequest(ref)], nextAppend(ref, 1, 'e1')),
      { status: 'duplicates', eventIds: ['e1'] },
      1,
    ],
    [
      'of a chain of its host that is over',
      async (ref) => hosted(await openHost('run-2'), 'run-1', appendRequest(ref)),
      { status: 'superseded' },
      0,
    ],
    [
      'of an older chain of its host, to a stream that is there',
      async (ref) => {
        const host = await openHost('run-1');
        await store.append(hosted(host, 'run-1', appendRequest(ref)));
        await store.hosting.open(host, 'run-2');
        return hosted(host, 'run-1', nextAppend(ref, 1));
      },
      { status: 'superseded' },
      1,
    ],
    [
      'to a journey taken for new of which events are parked',
      async (ref) => {
        const host = await openHost('run-1');
        await store.hosting.park({
          ref,
          host,
          chain: 'run-1',
          events: [],
          message: 'jammed',
          retryAt: new Date().toISOString(),
        });
        return hosted(host, 'run-1', { ...appendRequest(ref), fresh: true });
      },
      { status: 'known' },
      0,
    ],
    [
      'with late events, which are looked up',
      (ref) => having([appendRequest(ref)], { ...closing(nextAppend(ref, 1)), late: [deliveredEvent(ref, 'l1')] }),
      { status: 'recorded' },
      2,
    ],
  ])('%s is answered alone, and those beside it are written', async (_, request, answer, version) => {
    const [ref, moved, fresh] = [subjectRef(), subjectRef(), subjectRef()];
    await store.append(appendRequest(moved));
    const odd = await request(ref);
    const { results } = await runGroup([nextAppend(moved, 1), odd, appendRequest(fresh)]);
    expect(results).toMatchObject([{ status: 'recorded' }, answer, { status: 'recorded' }]);
    expect(await store.streams.get(moved.subject)).toMatchObject({ version: 2 });
    expect(await store.streams.get(fresh.subject)).toMatchObject({ version: 1 });
    expect((await store.streams.get(ref.subject))?.version ?? 0).toBe(version);
    expect(await store.streams.transitions(ref.subject)).toHaveLength(version);
  });
});

describe('an append that PostgreSQL refuses', () => {
  const nonsense = (request: AppendRequest): AppendRequest => ({
    ...request,
    after: { ...request.after, deadline: 'nonsense' },
  });

  it.each([
    ['the statement', nonsense],
    [
      'the transaction after it, when others are written already',
      (request: AppendRequest) => ({ ...nonsense(closing(request)), late: [deliveredEvent(request, 'l1')] }),
    ],
  ])('in %s fails alone', async (_, odd) => {
    const [ref, moved, fresh] = [subjectRef(), subjectRef(), subjectRef()];
    await store.appendMany([appendRequest(moved), appendRequest(ref)]);
    const answers = await store.appendMany([
      nextAppend(moved, 1),
      odd(nextAppend(ref, 1)),
      { ...appendRequest(fresh), fresh: true },
    ]);
    expect(answers).toMatchObject([
      { status: 'recorded', version: 2 },
      { code: 'refused-by-database' },
      { status: 'recorded', version: 1 },
    ]);
    for (const [{ subject }, version] of [
      [moved, 2],
      [ref, 1],
      [fresh, 1],
    ] as const)
      expect(await store.streams.transitions(subject)).toHaveLength(version);
  });
});

describe('an append while a new chain opens its host', () => {
  it.each(['read committed', 'repeatable read'])('is of an older chain, where %s is the default', async (isolation) => {
    const host = await openHost('run-1');
    const old = hosted(host, 'run-1', appendRequest(subjectRef()));
    await withConnection(database.pool, async (opening) => {
      await opening.query(`begin; select pg_advisory_xact_lock(${lockKey('host', host)})`);
      await opening.query(`update millrace.hosts set chain = 'run-2' where host = $1`, [host]);
      const answered = withConnection(database.pool, async (client) => {
        await client.query(`set default_transaction_isolation = '${isolation}'`);
        const outcomes = await runExpecting(client, [appendOperation(old)]);
        await client.query('reset default_transaction_isolation');
        return outcomes;
      });
      await eventually(async () => {
        const { rowCount } = await opening.query(`select from pg_locks where locktype = 'advisory' and not granted`);
        expect(rowCount).toBe(1);
      });
      await opening.query('commit');
      expect(await answered).toMatchObject([{ ok: true, result: { status: 'superseded' } }]);
    });
  });
});

describe('what it reads', () => {
  interface Reads {
    readonly name: string;
    readonly scanned: number;
    readonly fetched: number;
  }
  const readsOf = async (client: PoolClient): Promise<readonly Reads[]> => {
    const { rows } = await client.query<Reads>(
      `select relname as name, seq_scan::integer as scanned, idx_tup_fetch::integer as fetched
      from pg_stat_xact_user_tables where relname in ('streams', 'consumed', 'hosts', 'parked_journeys') order by relname`,
    );
    return rows;
  };
  const others = `
    with others as (
      insert into millrace.streams (subject, target, tenant_id, key, chain, version, status, stage, state,
        machine_version, correlation_id, created_at, updated_at)
      select 't/acme/' || nth, 't', 'acme', nth, 't/host-1', 1, 'open', 's', '{}', 1, 'c', now(), now()
      from generate_series(1, 1000) nth
      returning subject
    )
    insert into millrace.consumed (subject, event_id, version) select subject, 'e', 0 from others`;

  it('is looked up in the indexes, row by row, also with plans that were made while the tables were empty', async () => {
    const fresh = await freshDatabase();
    try {
      await withConnection(fresh.pool, async (client) => {
        const run = async (request: AppendRequest) =>
          expect(await runExpecting(client, [appendOperation(hosted('t/host-1', 'run-1', request))])).toMatchObject([
            { ok: true, result: { status: 'recorded' } },
          ]);
        const ref = subjectRef();
        await client.query('begin');
        await client.query(`insert into millrace.hosts (host, chain) values ('t/host-1', 'run-1')`);
        for (const version of [0, 1]) await run({ ...nextAppend(ref, version), fresh: version === 0 });
        await client.query(others);
        const before = await readsOf(client);
        for (const version of [2, 3, 4]) await run(nextAppend(ref, version));
        for (let nth = 0; nth < 3; nth += 1) await run({ ...appendRequest(subjectRef()), fresh: true });
        const after = await readsOf(client);
        expect(after.map(({ scanned }) => scanned)).toEqual([0, 0, 0, 0]);
        const fetched = after.map((reads, nth) => reads.fetched - (before[nth]?.fetched ?? 0));
        expect(Math.max(...fetched)).toBeLessThan(50);
        await client.query('rollback');
      });
    } finally {
      await fresh.drop();
    }
  });
});
