import { PATIENCE_MS } from './emit';
import { resolveStuck } from './operator';

const subject = 'orderSaga/acme/o-1';
const deps = { apiUrl: 'http://api', inventoryUrl: 'http://inventory', say: () => undefined };
const decided: unknown[] = [];

/** An API whose saga makes one move each time the patience is almost over; all of them make `stages`. */
function sagaThatPasses(stages: readonly string[]) {
  const began = Date.now();
  jest.spyOn(globalThis, 'fetch').mockImplementation((_url, init) => {
    if (init?.method === 'POST') {
      decided.push(JSON.parse(String(init.body)));
      return Promise.resolve(new Response(null, { status: 202 }));
    }
    const version = Math.min(Math.floor((Date.now() - began) / (PATIENCE_MS - 1_000)), stages.length);
    const body = version === 0 ? {} : { stage: stages[version - 1], version };
    return Promise.resolve(Response.json(body, { status: version === 0 ? 404 : 200 }));
  });
}

describe('the operator of the demo', () => {
  beforeEach(() => {
    decided.length = 0;
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('waits for a saga as long as it moves, then decides on the version that is stuck', async () => {
    sagaThatPasses(['placed', 'compensating', 'stuck']);
    const resolved = resolveStuck([{ subject, decision: 'give-up' }], deps);
    await jest.advanceTimersByTimeAsync(3 * PATIENCE_MS);
    await resolved;
    expect(decided).toEqual([expect.objectContaining({ decision: 'give-up', stuckVersion: 3 })]);
  });

  it('gives up on one that stands still elsewhere, and says where', async () => {
    sagaThatPasses(['placed', 'completed']);
    const refused = expect(resolveStuck([{ subject, decision: 'retry' }], deps)).rejects.toThrow(
      `${subject} did not get stuck: no move for 180 s; it is at completed`,
    );
    await jest.advanceTimersByTimeAsync(4 * PATIENCE_MS);
    await refused;
    expect(decided).toEqual([]);
  });
});
