import { createStore } from '../create-store';
import type { Store } from '../store';
import { appendRequest, deliveredEvent, nextAppend, subjectRef } from '../test/samples';
import { type FreshDatabase, freshDatabase } from '../testing';

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

describe('append', () => {
  it('smoke', async () => {
    const ref = subjectRef();
    const first = await store.append(appendRequest(ref));
    expect(first).toMatchObject({ status: 'recorded', version: 1 });
    expect(await store.append(appendRequest(ref))).toEqual(first);
    expect(await store.append(nextAppend(ref, 1))).toMatchObject({ status: 'recorded', version: 2 });
    expect(await store.streams.transitions(ref.subject)).toHaveLength(2);
    expect(await store.streams.verdicts(ref.subject, ['e1', 'x'])).toEqual(['duplicate', 'open']);
    const entries = await store.feed.read(null, 10);
    expect(entries).toHaveLength(2);
    expect(await store.subscriptions.save('relay', entries[1]!.at)).toBe(true);
    expect(await store.subscriptions.save('relay', entries[0]!.at)).toBe(false);
    await store.settleForeign(ref, [deliveredEvent(ref, 'p1')]);
    expect(await store.parking.count()).toEqual({ lanes: 1, events: 1 });
    await store.ledger.write([
      {
        topic: 't',
        partition: 0,
        offset: '1',
        eventId: 'e1',
        eventType: 'OrderPlaced',
        tenantId: 'acme',
        readAt: new Date().toISOString(),
        verdicts: [{ subject: ref.subject, verdict: 'delivered' }],
      },
    ]);
    await store.ledger.maintain(3);
    console.log(await store.report(), await store.ledger.summary());
    await store.ping();
  });
});
