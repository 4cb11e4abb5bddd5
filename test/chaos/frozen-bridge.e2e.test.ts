import { freezeBridge } from './frozen-bridge';

describe('a bridge that was stopped past its session while another took over', () => {
  it('does no harm when it comes back: nothing twice, nothing out of order, no commit backwards', async () => {
    const { sent, moved, left, backwards } = await freezeBridge();
    expect(backwards).toEqual([]);
    expect(left.parkedLanes).toBe(0);
    for (const [key, ids] of sent) expect([key, moved.get(key)]).toEqual([key, ids]);
  }, 300_000);
});
