import type { CallResult } from '../metrics';
import { noBridgeMetrics } from '../metrics';
import { createCallCounter } from './call-counter';
import { createLaneMemory } from './lane-memory';
import { createPacedCalls } from './paced-calls';
import { placed, ref, settled, target } from './testing/bridge-parts';
import { createMemoryWorld } from './testing/memory-world';

function given() {
  const world = createMemoryWorld();
  const results: [string, CallResult][] = [];
  const memory = createLaneMemory(10);
  const { flow, own } = createCallCounter({
    metrics: { ...noBridgeMetrics, callEnded: (_target, kind, result) => results.push([kind, result]) },
  });
  const calls = createPacedCalls({
    calls: own(world.temporal),
    memory,
    pace: { callsPerBarrier: 3, eventsPerBarrier: 10, barrierDeadlineMs: 500 },
  });
  return { world, results, memory, calls, flow };
}
const events = (count: number) => Array.from({ length: count }, () => settled().event);

describe('paced calls', () => {
  it('wait for the inbox after so many calls to one workflow', async () => {
    const { calls, world, results, flow } = given();
    await calls.signalWithStart(ref, target, [placed().event]);
    for (let call = 0; call < 4; call += 1) await calls.signal(ref, events(1));
    expect(results.map(([kind]) => kind)).toEqual([
      'signal-with-start',
      'signal',
      'signal',
      'barrier',
      'signal',
      'signal',
    ]);
    expect(world.calls.filter((call) => call === 'barrier')).toHaveLength(1);
    expect(flow).toMatchObject({ answered: 6, failed: 0 });
  });

  it('wait after so many events, however few the calls', async () => {
    const { calls, results } = given();
    await calls.signalWithStart(ref, target, [placed().event]);
    await calls.signal(ref, events(9));
    await calls.signal(ref, events(1));
    expect(results.map(([kind]) => kind)).toEqual(['signal-with-start', 'signal', 'barrier', 'signal']);
  });

  it('send nothing while the barrier is not answered, and count a call whose answer is lost', async () => {
    const { calls, world, results, flow } = given();
    await calls.signalWithStart(ref, target, [placed().event]);
    world.plan('deadline', 'deadline', 'deadline', 'deadline');
    await expect(calls.signal(ref, events(1))).rejects.toThrow();
    await expect(calls.signal(ref, events(1))).rejects.toThrow();
    await expect(calls.signal(ref, events(1))).rejects.toMatchObject({ fault: 'deadline' });
    await expect(calls.signal(ref, events(1))).rejects.toMatchObject({ fault: 'deadline' });
    expect(results.slice(1).map(([kind, result]) => `${kind} ${result}`)).toEqual([
      'signal failed',
      'signal failed',
      'barrier failed',
      'barrier failed',
    ]);
    expect(flow).toMatchObject({ answered: 1, failed: 4 });
    expect(world.workflows.get(ref.subject)?.taken).toHaveLength(3);
  });

  it('go on when nobody is there to answer the barrier', async () => {
    const { calls, results } = given();
    for (let call = 0; call < 4; call += 1) expect(await calls.signal(ref, events(1))).toBe('not-found');
    expect(results.map(([kind, result]) => `${kind} ${result}`)).toContain('barrier not-found');
  });
});
