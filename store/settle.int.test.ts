import { createStore } from './create-store';
import type { Store } from './store';
import { eventually, gate } from './test/eventually';
import { appendRequest, deliveredEvent, nextAppend, subjectRef } from './test/samples';
import { type FreshDatabase, freshDatabase } from './testing';
import type { SubjectRef } from './types';

let database: FreshDatabase;
let store: Store;

beforeAll(async () => {
  database = await freshDatabase();
  store = createStore({ pool: database.pool });
});

afterAll(async () => {
  await store?.close();
  await database?.drop();
});

const open = async (): Promise<SubjectRef> => {
  const ref = subjectRef();
  await store.append(appendRequest(ref));
  return ref;
};
const close = (ref: SubjectRef) =>
  store.append({ ...nextAppend(ref, 1), after: { stage: 'completed', state: null, machineVersion: 1, closed: true } });
const closed = async (): Promise<SubjectRef> => {
  const ref = await open();
  await close(ref);
  return ref;
};
const parkedIds = async (ref: SubjectRef) =>
  (await store.parking.tryHold(ref.subject, (lane) => lane.events(100)))?.value.map(({ eventId }) => eventId);
const lateIds = async (ref: SubjectRef) => (await store.streams.late(ref.subject)).map(({ eventId }) => eventId);
const events = (ref: SubjectRef, ...ids: string[]) => ids.map((id) => deliveredEvent(ref, id));

describe('settleForeign', () => {
  it('parks what the open stream never took, behind what waits there, and does it once', async () => {
    const ref = await open();
    await store.parking.tryHold(ref.subject, (lane) => lane.park(ref, events(ref, 'p0'), 'early'));
    for (let turn = 0; turn < 2; turn += 1) await store.settleForeign(ref, events(ref, 'e1', 'p1', 'p2'));
    expect(await parkedIds(ref)).toEqual(['p0', 'p1', 'p2']);
    const lanes = await store.parking.list({ limit: 100 });
    expect(lanes.items.find(({ subject }) => subject === ref.subject)).toMatchObject({
      cause: 'workflow-gone',
      events: 3,
    });
    expect(await lateIds(ref)).toEqual([]);
  });

  it('parks before what was read later in the same partition and waits there already', async () => {
    const ref = await open();
    const at = (offset: string) => ({
      ...deliveredEvent(ref, `p${offset}`),
      source: { topic: 'orders', partition: 0, offset },
    });
    await store.parking.tryHold(ref.subject, (lane) => lane.park(ref, [at('9'), at('11')], 'blocked'));
    await store.settleForeign(ref, [at('7'), at('10')]);
    expect(await parkedIds(ref)).toEqual(['p7', 'p9', 'p10', 'p11']);
  });

  it('records what the closed stream never took as late, and does it once', async () => {
    const ref = await closed();
    for (let turn = 0; turn < 2; turn += 1) await store.settleForeign(ref, events(ref, 'e1', 'l1', 'l2'));
    expect(await lateIds(ref)).toEqual(['l1', 'l2']);
    expect(await parkedIds(ref)).toEqual([]);
    expect(await store.streams.verdicts(ref.subject, ['l1', 'l3'])).toEqual(['duplicate', 'closed']);
  });

  it('waits for the lane, and looks again: it may have closed meanwhile', async () => {
    const ref = await open();
    const working = gate();
    const held = store.parking.tryHold(ref.subject, () => working.opened);
    const settling = store.settleForeign(ref, events(ref, 'l1'));
    await eventually(async () => expect(await parkedIds(ref)).toBeUndefined());
    await close(ref);
    working.open();
    await held;
    await settling;
    expect([await lateIds(ref), await parkedIds(ref)]).toEqual([['l1'], []]);
  });

  it('asks to try again when the lane stays held', async () => {
    const ref = await open();
    const working = gate();
    const held = store.parking.tryHold(ref.subject, () => working.opened);
    await expect(store.settleForeign(ref, events(ref, 'p1'))).rejects.toMatchObject({
      code: 'lane-busy',
      transient: true,
    });
    working.open();
    await held;
    expect(await parkedIds(ref)).toEqual([]);
  }, 15_000);

  it('has nothing to do without events, and refuses a subject without a stream', async () => {
    const ref = subjectRef();
    await store.settleForeign(ref, []);
    await expect(store.settleForeign(ref, events(ref, 'a'))).rejects.toMatchObject({ code: 'no-stream' });
  });
});

describe('recordLate', () => {
  it('answers late once and duplicate from then on', async () => {
    const ref = await closed();
    expect(await store.recordLate(ref, events(ref, 'l1', 'e1', 'l1', 'l2'), false)).toEqual([
      'late',
      'duplicate',
      'duplicate',
      'late',
    ]);
    expect(await store.recordLate(ref, events(ref, 'l2', 'l3'), false)).toEqual(['duplicate', 'late']);
    expect(await lateIds(ref)).toEqual(['l1', 'l2', 'l3']);
    expect(await store.recordLate(ref, [], false)).toEqual([]);
  });

  it('only marks what the contract ignores', async () => {
    const ref = await closed();
    expect(await store.recordLate(ref, events(ref, 'l1'), true)).toEqual(['late']);
    expect(await store.recordLate(ref, events(ref, 'l1'), true)).toEqual(['duplicate']);
    expect(await lateIds(ref)).toEqual([]);
  });

  it('refuses an open subject', async () => {
    const ref = await open();
    await expect(store.recordLate(ref, events(ref, 'a'), false)).rejects.toMatchObject({ code: 'not-closed' });
  });

  it('counts an event once that two bridges bring at the same time', async () => {
    const ref = await closed();
    const answers = await Promise.all([1, 2, 3].map(() => store.recordLate(ref, events(ref, 'l1'), false)));
    expect(answers.flat().sort()).toEqual(['duplicate', 'duplicate', 'late']);
    expect(await lateIds(ref)).toEqual(['l1']);
  });
});
