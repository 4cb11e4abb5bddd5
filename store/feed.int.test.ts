import { Pool, type PoolClient } from 'pg';
import { runExpecting } from './append/append-expected';
import { appendOperation } from './append/operations';
import { runOperations } from './append/stream-transaction';
import { withConnection } from './connection';
import { createStore } from './create-store';
import { raiseEpochAfterRestore } from './feed-epoch';
import { lockKey } from './lock-key';
import type { Store } from './store';
import { eventually, gate } from './test/eventually';
import { appendRequest, deliveredEvent, nextAppend, subjectRef } from './test/samples';
import { type FreshDatabase, freshDatabase } from './testing';
import type { AppendRequest, FeedEntry, FeedPosition } from './types';

let database: FreshDatabase;
let store: Store;

beforeEach(async () => {
  database = await freshDatabase({ max: 12 });
  store = createStore({ pool: database.pool });
});

afterEach(async () => {
  await store?.close();
  await database?.drop();
});

/** What a subscription sees that reads until `enough` entries came. */
async function readOn(enough: number, from: FeedPosition | null = null): Promise<FeedEntry[]> {
  const seen: FeedEntry[] = [];
  await eventually(async () => {
    const entries = await store.feed.read(seen.at(-1)?.at ?? from, 3);
    seen.push(...entries);
    if (seen.length < enough) throw new Error(`${seen.length} of ${enough} entries came`);
  });
  return seen;
}

const places = (entries: readonly FeedEntry[]): string[] =>
  entries.map((entry) => `${entry.key}@${entry.kind === 'transition' ? entry.transition.version : 'late'}`);

/** Runs appends on the connection; `beforeCommit` is awaited between writing and commit. */
type Appending = (
  client: PoolClient,
  requests: readonly AppendRequest[],
  beforeCommit: () => Promise<void>,
) => Promise<void>;

const looking: Appending = async (client, requests, beforeCommit) => {
  await runOperations(client, requests.map(appendOperation), beforeCommit);
};

const inOneStatement: Appending = async (client, requests, beforeCommit) => {
  await client.query('begin');
  await runExpecting(client, requests.map(appendOperation));
  await beforeCommit();
  await client.query('commit');
};

const both = describe.each([
  ['an append that looks first', looking],
  ['an append in one statement', inOneStatement],
]);

/** An append on a connection of its own that waits, written but not committed, until `committing` opens. */
function slowAppend(appending: Appending, requests: readonly AppendRequest[]) {
  const written = gate();
  const committing = gate();
  const done = withConnection(database.pool, (client) =>
    appending(client, requests, async () => {
      written.open();
      await committing.opened;
    }),
  );
  return { written: written.opened, commit: committing.open, done };
}

describe('the feed', () => {
  it('shows transitions and late events with all that the relay needs', async () => {
    const ref = subjectRef('o-1');
    const late = deliveredEvent(ref, 'l1');
    await store.append(
      appendRequest(ref, {
        traceparent: '00-a-b-01',
        transitions: [{ from: null, to: 'placed', causes: ['e1'], data: 5 }],
      }),
    );
    await store.append({
      ...nextAppend(ref, 1),
      late: [late],
      after: { stage: 'done', state: null, machineVersion: 1, closed: true },
    });
    const entries = await readOn(3);
    expect(entries).toMatchObject([
      {
        ...ref,
        kind: 'transition',
        correlationId: 'correlation-o-1',
        traceparent: '00-a-b-01',
        transition: { version: 1, to: 'placed', data: 5 },
      },
      { ...ref, kind: 'transition', transition: { version: 2, from: 's1', to: 's2' } },
      { ...ref, kind: 'late', version: 2, event: late, correlationId: late.correlationId },
    ]);
    const [first] = await store.streams.transitions(ref.subject);
    expect(entries[0]).toMatchObject({ transition: first });
  });

  it('shows everything once and every stream in order while many write and one reads', async () => {
    const pool = new Pool({ connectionString: database.url, max: 6 });
    const second = createStore({ pool });
    const [streams, moves] = [8, 25];
    const write = async (nth: number): Promise<void> => {
      const ref = subjectRef(`s${nth}`);
      for (let version = 0; version < moves; version += 1) {
        const by = (version + nth) % 2 === 0 ? store : second;
        expect(await by.append(nextAppend(ref, version))).toMatchObject({ status: 'recorded' });
      }
    };
    const writing = Promise.all(Array.from({ length: streams }, (_, nth) => write(nth)));
    const seen = await readOn(streams * moves);
    await writing;
    for (let nth = 0; nth < streams; nth += 1) {
      const ofStream = seen.filter(({ key }) => key === `s${nth}`);
      expect(places(ofStream)).toEqual(Array.from({ length: moves }, (_, index) => `s${nth}@${index + 1}`));
    }
    expect(await store.feed.read(seen.at(-1)?.at ?? null, 10)).toEqual([]);
    await second.close();
    await pool.end();
  }, 30_000);
});

both('the feed, with %s', (_, appending) => {
  it('loses nothing that an older transaction commits later (reading by position would)', async () => {
    const [older, younger] = [subjectRef('older'), subjectRef('younger')];
    const slow = slowAppend(appending, [appendRequest(older)]);
    await slow.written;
    await store.append(appendRequest(younger));
    expect(places(await store.feed.read(null, 10))).toEqual([]);
    slow.commit();
    await slow.done;
    expect(places(await readOn(2))).toEqual(['older@1', 'younger@1']);
  });

  it('shows a stream in the order of its versions, also when a transaction waited for the stream', async () => {
    // `first` is locked before `stream`: the group waits there while another appends to `stream`.
    const stream = subjectRef('stream');
    const first = Array.from({ length: 50 }, (_, nth) => subjectRef(`other-${nth}`)).find(
      ({ subject }) => lockKey('stream', subject) < lockKey('stream', stream.subject),
    );
    if (first === undefined) throw new Error('no subject sorts first');
    const holder = await database.pool.connect();
    await holder.query('select pg_advisory_lock($1::bigint)', [lockKey('stream', first.subject).toString()]);
    const group = slowAppend(appending, [nextAppend(stream, 1), appendRequest(first)]);
    group.commit();
    await eventually(async () => {
      const { rowCount } = await holder.query(`select from pg_locks where locktype = 'advisory' and not granted`);
      expect(rowCount).toBe(1);
    });
    await store.append(nextAppend(stream, 0));
    await holder.query('select pg_advisory_unlock_all()');
    holder.release();
    await group.done;
    const seen = (await readOn(3)).filter(({ key }) => key === 'stream');
    expect(places(seen)).toEqual(['stream@1', 'stream@2']);
  });
});

describe('a checkpoint', () => {
  it('goes forward only', async () => {
    const at = (epoch: number, transactionId: string, position: string): FeedPosition => ({
      epoch,
      transactionId,
      position,
    });
    expect(await store.subscriptions.checkpoint('relay')).toBeNull();
    expect(await store.subscriptions.save('relay', at(1, '900', '10'))).toBe(true);
    for (const back of [at(1, '900', '9'), at(1, '80', '99'), at(0, '9999', '99')]) {
      expect(await store.subscriptions.save('relay', back)).toBe(false);
    }
    expect(await store.subscriptions.checkpoint('relay')).toEqual(at(1, '900', '10'));
    expect(await store.subscriptions.save('relay', at(1, '900', '10'))).toBe(true);
    expect(await store.subscriptions.save('relay', at(1, '1000', '1'))).toBe(true);
    expect(await store.subscriptions.save('relay', at(2, '3', '1'))).toBe(true);
    expect(await store.subscriptions.checkpoint('relay')).toEqual(at(2, '3', '1'));
    expect(await store.subscriptions.checkpoint('other')).toBeNull();
  });
});

describe('after a restore', () => {
  const raise = () => withConnection(database.pool, raiseEpochAfterRestore);

  it('rows that came along are shown, before all that comes', async () => {
    const ref = subjectRef('o-1');
    await store.append(nextAppend(ref, 0));
    expect(await raise()).toBe(false);
    // As if restored from a cluster that had come much further.
    await database.pool.query(`update millrace.events set transaction_id = '900000000000'`);
    expect(await store.feed.read(null, 10)).toEqual([]);
    expect(await raise()).toBe(true);
    expect(await raise()).toBe(false);
    await store.append(nextAppend(ref, 1));
    const entries = await readOn(2);
    expect(places(entries)).toEqual(['o-1@1', 'o-1@2']);
    expect(entries.map(({ at }) => at.epoch)).toEqual([1, 2]);
  });

  it('another cluster is known by its identifier', async () => {
    await database.pool.query(`update millrace.feed_epoch set system_identifier = 'another'`);
    expect(await raise()).toBe(true);
    expect(await raise()).toBe(false);
  });
});
