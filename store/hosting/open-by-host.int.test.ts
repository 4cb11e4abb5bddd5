import { createStore } from '../create-store';
import { appendRequest, subjectRef } from '../test/samples';
import { withFreshDatabase } from '../testing';
import { openByHost } from './open-by-host';

const HOUR_MS = 3_600_000;
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();

describe('what hosts have open', () => {
  it('is counted by host, with how long the oldest deadline has passed that no parked journey waits with', () =>
    withFreshDatabase(async ({ pool }) => {
      const store = createStore({ pool });
      const [one, other] = ['orderSaga/host-1', 'orderSaga/host-2'];
      for (const host of [one, other]) await store.hosting.open(host, 'run-1');
      const begin = async (host: string | undefined, deadline?: string, closed = false) => {
        const ref = subjectRef();
        const after = { stage: 'placed', state: {}, machineVersion: 1, closed, deadline };
        const hosted = host === undefined ? {} : { chain: host, hostChain: 'run-1' };
        await store.append({ ...appendRequest(ref, { after }), ...hosted });
        return ref;
      };
      await begin(one, inHours(1));
      await begin(one, inHours(-1));
      await begin(one, inHours(-2));
      const parked = await begin(one, inHours(-9));
      await store.hosting.park({
        ref: parked,
        host: one,
        chain: 'run-1',
        events: [],
        message: 'jammed',
        retryAt: inHours(1),
      });
      await begin(one, inHours(-5), true);
      await begin(other, inHours(1));
      await begin(other);
      await begin(undefined, inHours(-3));
      const found = await openByHost(pool);
      await store.close();
      expect(found).toEqual([
        { host: one, journeys: 4, overdueSeconds: expect.any(Number) },
        { host: other, journeys: 2, overdueSeconds: 0 },
      ]);
      expect(Math.floor((found[0]?.overdueSeconds ?? 0) / 3_600)).toBe(2);
    }));
});
