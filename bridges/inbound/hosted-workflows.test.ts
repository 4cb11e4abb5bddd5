import type { CallResult } from '../metrics';
import { noBridgeMetrics } from '../metrics';
import { createCallLimiter } from './call-limiter';
import { hostedCalls } from './hosted-workflows';
import { CallError } from './workflow-calls';

const settings = { floor: 1, ceiling: 1, targetMs: 1_000 };
const event = (eventId: string) => ({ eventId }) as never;
const ref = (key: string) => ({ subject: `journey/acme/${key}`, target: 'journey', tenantId: 'acme', key });

/** Every subject lives in the same host, if it has a place. */
function callsTo(send: () => Promise<void>, hasPlace = (_subject: string) => true) {
  const told: number[] = [];
  const subjects: number[] = [];
  const ended: [string, CallResult][] = [];
  const own = { signal: jest.fn(), signalWithStart: jest.fn(), barrier: jest.fn() };
  const calls = hostedCalls({
    own,
    hostCalls: () => ({ send, barrier: async () => 0 }),
    limiter: createCallLimiter({ settings }),
    placement: {
      find: async (subjects) =>
        new Map(subjects.filter(hasPlace).map((subject) => [subject, { host: 'journey/host-0' }])),
      place: async (wishes) => new Map([...wishes.keys()].map((subject) => [subject, { host: 'journey/host-0' }])),
    },
    hostings: new Map([['journey', { kind: 'pooled', hosts: 1 }]]),
    metrics: {
      ...noBridgeMetrics,
      hostCalled: (_, events) => told.push(events),
      subjectCalled: (_, events) => subjects.push(events),
      callEnded: (_, kind, result) => ended.push([kind, result]),
    },
  });
  return { calls, told, subjects, ended };
}

describe('calls to a host', () => {
  it('are told with the events of all the lanes that they carried', async () => {
    let release = () => {};
    const first = new Promise<void>((resolve) => {
      release = resolve;
    });
    const sends = [first];
    const { calls, told, subjects, ended } = callsTo(() => sends.shift() ?? Promise.resolve());
    const alone = calls.signal(ref('a'), [event('a1')]);
    await new Promise(setImmediate);
    const gathered = [calls.signal(ref('b'), [event('b1'), event('b2')]), calls.signal(ref('c'), [event('c1')])];
    await new Promise(setImmediate);
    release();
    await Promise.all([alone, ...gathered]);
    expect(told).toEqual([1, 3]);
    expect(subjects).toEqual([1, 2, 1]);
    expect(ended).toEqual([
      ['signal-with-start', 'taken'],
      ['signal-with-start', 'taken'],
    ]);
    expect(calls.flow).toMatchObject({ answered: 2, failed: 0 });
  });

  it('are told also when they fail: they may have arrived', async () => {
    const { calls, told, ended } = callsTo(() => Promise.reject(new CallError('deadline', 'no answer')));
    await expect(calls.signal(ref('a'), [event('a1')])).rejects.toThrow('no answer');
    expect(told).toEqual([1]);
    expect(ended).toEqual([['signal-with-start', 'failed']]);
    expect(calls.flow).toMatchObject({ answered: 0, failed: 1 });
  });

  it('bug: counted as calls that Temporal answered what it was not asked', async () => {
    const { calls, ended } = callsTo(
      () => Promise.reject(new CallError('unavailable', 'away')),
      (subject) => subject !== ref('early').subject,
    );
    await expect(calls.signal(ref('early'), [event('e1')])).resolves.toBe('not-found');
    await expect(calls.barrier(ref('early'), 100)).resolves.toBe('not-found');
    await expect(calls.barrier(ref('a'), 100)).resolves.toBe('taken');
    expect(ended).toEqual([]);
    expect(calls.flow).toMatchObject({ answered: 0, failed: 0 });
  });
});
