import { PeerMissing } from './packages';
import { orSkipped } from './skip';

const ids = ['keys.restate', 'latency.restate'];
const failing = (failure: Error) => orSkipped({ ids, run: () => Promise.reject(failure) });

describe('a peer', () => {
  it('that cannot be had leaves its rows without a figure, with the reason in one line', async () => {
    const samples = await failing(new PeerMissing('no network\nnpm error ...')).run(undefined);
    expect(samples).toEqual(ids.map((id) => ({ id, value: Number.NaN, note: 'skipped: no network' })));
  });

  it('that fails otherwise fails the run', async () => {
    await expect(failing(new Error('events took effect twice')).run(undefined)).rejects.toThrow('twice');
  });

  it('that is there is measured as it says', async () => {
    const measured = orSkipped({ ids, once: true, run: async () => [{ id: 'keys.restate', value: 900 }] });
    expect(measured.once).toBe(true);
    expect(await measured.run(undefined)).toEqual([{ id: 'keys.restate', value: 900 }]);
  });
});
