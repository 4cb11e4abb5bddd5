import { createCallLimiter } from './call-limiter';
import { hostedCalls } from './hosted-workflows';
import { CallError } from './workflow-calls';

const settings = { floor: 1, ceiling: 1, targetMs: 1_000 };
const event = (eventId: string) => ({ eventId }) as never;
const ref = (key: string) => ({ subject: `journey/acme/${key}`, target: 'journey', tenantId: 'acme', key });

/** Every subject lives in the same host. */
function callsTo(send: () => Promise<void>) {
  const told: number[] = [];
  const own = { signal: jest.fn(), signalWithStart: jest.fn(), barrier: jest.fn() };
  const calls = hostedCalls({
    own,
    hostCalls: () => ({ send, barrier: async () => 0 }),
    limiter: createCallLimiter({ settings }),
    placement: {
      find: async (subjects) => new Map(subjects.map((subject) => [subject, { host: 'journey/host-0' }])),
      place: async (wishes) => new Map([...wishes.keys()].map((subject) => [subject, { host: 'journey/host-0' }])),
    },
    hostings: new Map([['journey', { kind: 'pooled', hosts: 1 }]]),
    metrics: { hostCalled: (_, events) => told.push(events) },
  });
  return { calls, told };
}

describe('calls to a host', () => {
  it('are told with the events of all the lanes that they carried', async () => {
    let release = () => {};
    const first = new Promise<void>((resolve) => {
      release = resolve;
    });
    const sends = [first];
    const { calls, told } = callsTo(() => sends.shift() ?? Promise.resolve());
    const alone = calls.signal(ref('a'), [event('a1')]);
    await new Promise(setImmediate);
    const gathered = [calls.signal(ref('b'), [event('b1'), event('b2')]), calls.signal(ref('c'), [event('c1')])];
    await new Promise(setImmediate);
    release();
    await Promise.all([alone, ...gathered]);
    expect(told).toEqual([1, 3]);
  });

  it('are told also when they fail: they may have arrived', async () => {
    const { calls, told } = callsTo(() => Promise.reject(new CallError('deadline', 'no answer')));
    await expect(calls.signal(ref('a'), [event('a1')])).rejects.toThrow('no answer');
    expect(told).toEqual([1]);
  });
});
