import { createStore } from './create-store';
import { openStreams } from './open-streams';
import { appendRequest, subjectRef } from './test/samples';
import { withFreshDatabase } from './testing';

describe('open streams', () => {
  it('are counted by target and stage, by the index alone', () =>
    withFreshDatabase(async ({ pool }) => {
      const store = createStore({ pool });
      const stuck = { stage: 'stuck', state: null, machineVersion: 1, closed: false };
      await store.append(appendRequest(subjectRef()));
      await store.append(appendRequest(subjectRef()));
      await store.append(appendRequest(subjectRef(), { after: stuck }));
      await store.append(appendRequest(subjectRef(), { after: { ...stuck, stage: 'completed', closed: true } }));
      await store.close();
      expect(await openStreams(pool)).toEqual([
        { target: 'orderSaga', stage: 'placed', streams: 2 },
        { target: 'orderSaga', stage: 'stuck', streams: 1 },
      ]);
      const { rows } = await pool.query(`select indexdef from pg_indexes where indexname = 'streams_open'`);
      expect(rows).toMatchObject([{ indexdef: expect.stringContaining(`(target, stage) WHERE (status = 'open'`) }]);
    }));
});
