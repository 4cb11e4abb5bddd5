import { createStore } from './create-store';
import type { Store } from './store';
import { appendRequest, nextAppend, subjectRef } from './test/samples';
import { type FreshDatabase, freshDatabase } from './testing';
import type { DeadLetter } from './types';

let database: FreshDatabase;
let store: Store;

beforeEach(async () => {
  database = await freshDatabase();
  store = createStore({ pool: database.pool });
});

afterEach(async () => {
  await store?.close();
  await database?.drop();
});

describe('streams', () => {
  it('are listed newest update first, in pages that meet without gap or overlap', async () => {
    const refs = Array.from({ length: 7 }, (_, nth) => subjectRef(`s${nth}`));
    await Promise.all(refs.map((ref) => store.append(nextAppend(ref, 0))));
    const [moved] = refs;
    if (moved === undefined) throw new Error('no stream');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await store.append(nextAppend(moved, 1));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.streams.list({}, { limit: 3, ...(cursor !== undefined && { cursor }) });
      seen.push(...page.items.map(({ key }) => key));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen[0]).toBe('s0');
    expect([...seen].sort()).toEqual(refs.map(({ key }) => key));
  });

  it('are filtered by target, stage, status and tenant', async () => {
    const [a, b] = [subjectRef('a', 't1'), subjectRef('b', 't2')];
    await store.append(appendRequest(a));
    await store.append(
      appendRequest(b, { after: { stage: 'completed', state: null, machineVersion: 1, closed: true } }),
    );
    const keys = async (filter: Parameters<Store['streams']['list']>[0]) =>
      (await store.streams.list(filter, { limit: 10 })).items.map(({ key }) => key);
    expect(await keys({ tenantId: 't1' })).toEqual(['a']);
    expect(await keys({ stage: 'completed' })).toEqual(['b']);
    expect(await keys({ status: 'open' })).toEqual(['a']);
    expect(await keys({ target: 'orderSaga' })).toHaveLength(2);
    expect(await keys({ target: 'orderSaga', tenantId: 't2', stage: 'placed' })).toEqual([]);
    await expect(store.streams.list({}, { limit: 1, cursor: 'e30' })).rejects.toMatchObject({ code: 'bad-cursor' });
  });

  it('say what an event is to a subject', async () => {
    const ref = subjectRef();
    expect(await store.streams.verdict(ref.subject, 'e1')).toBe('no-stream');
    expect(await store.streams.verdicts(ref.subject, ['a', 'b'])).toEqual(['no-stream', 'no-stream']);
    await store.append(appendRequest(ref));
    expect(await store.streams.verdicts(ref.subject, ['e1', 'e2', 'e1'])).toEqual(['duplicate', 'open', 'duplicate']);
    expect(await store.streams.verdict(ref.subject, 'e2')).toBe('open');
    expect(await store.streams.get('orderSaga/acme/none')).toBeUndefined();
    await expect(store.streams.verdicts(ref.subject, ['\0'])).rejects.toMatchObject({ code: 'unstorable-text' });
  });
});

describe('dead letters', () => {
  const letter = (offset: number, changes: Partial<DeadLetter> = {}) => ({
    deadLetterTopic: 'commerce.orders.events.dlq',
    partition: 0,
    offset: String(offset),
    originalTopic: 'commerce.orders.events',
    originalPartition: 3,
    originalOffset: '17',
    eventId: 'e1',
    eventType: 'OrderPlaced',
    tenantId: 'acme',
    key: 'o-1',
    cause: 'schema-violation',
    message: 'data.totalCents: expected number',
    value: Buffer.from('{"a":1}'),
    headers: { 'x-original-topic': 'commerce.orders.events' },
    deadAt: `2026-03-01T09:00:0${offset}.000Z`,
    ...changes,
  });

  it('are indexed once each and listed newest first in pages', async () => {
    const letters = [1, 2, 3].map((offset) => letter(offset));
    await store.deadLetters.index(letters);
    await store.deadLetters.index(letters.slice(1));
    await store.deadLetters.index([]);
    expect(await store.deadLetters.count()).toBe(3);
    const first = await store.deadLetters.list({}, { limit: 2 });
    expect(first.items).toMatchObject(
      [letters[2], letters[1]].map((each) => ({ ...each, redrivenAt: null, redriveCount: 0 })),
    );
    const second = await store.deadLetters.list({}, { limit: 2, cursor: first.next ?? '' });
    expect([second.items.map(({ offset }) => offset), second.next]).toEqual([['1'], null]);
  });

  it('are filtered by tenant, by either topic and by cause', async () => {
    await store.deadLetters.index([letter(1), letter(2, { tenantId: 'else', cause: 'late', originalTopic: 'other' })]);
    const offsets = async (filter: Parameters<Store['deadLetters']['list']>[0]) =>
      (await store.deadLetters.list(filter, { limit: 10 })).items.map(({ offset }) => offset);
    expect(await offsets({ tenantId: 'acme' })).toEqual(['1']);
    expect(await offsets({ topic: 'other' })).toEqual(['2']);
    expect(await offsets({ topic: 'commerce.orders.events.dlq' })).toEqual(['2', '1']);
    expect(await offsets({ cause: 'late' })).toEqual(['2']);
  });

  it('remember that they were redriven', async () => {
    await store.deadLetters.index([letter(1)]);
    const [{ id } = { id: '' }] = (await store.deadLetters.list({}, { limit: 1 })).items;
    await store.deadLetters.markRedriven(id);
    await store.deadLetters.markRedriven(id);
    expect(await store.deadLetters.get(id)).toMatchObject({ id, redriveCount: 2, redrivenAt: expect.any(String) });
    expect(await store.deadLetters.get('not-an-id')).toBeUndefined();
    expect(await store.deadLetters.get('6f1f0a52-7a0f-5b44-9a53-0d7f3f9a2c11')).toBeUndefined();
  });

  it('are kept whatever they held', async () => {
    const odd = letter(1, {
      eventId: '\0',
      key: 'k\uD83D',
      message: 'x'.repeat(20_000),
      value: null,
      headers: { a: '\0 "{}' },
    });
    await store.deadLetters.index([odd]);
    expect((await store.deadLetters.list({}, { limit: 1 })).items).toMatchObject([
      { eventId: '\uFFFD', key: 'k\uFFFD', value: null, headers: { a: '\0 "{}' } },
    ]);
  });
});
