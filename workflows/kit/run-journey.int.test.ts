import type { CounterEvent } from '../testing/counter.contract';
import { fresh } from '../testing/events';
import { type RealServer, startOnRealServer } from '../testing/real-server';
import type { WireEvent } from './wire';

let server: RealServer;
beforeAll(async () => {
  server = await startOnRealServer();
}, 60_000);
afterAll(() => server?.stop(), 30_000);
afterEach(() => server.store.reset());
jest.setTimeout(60_000);

const eventsOf = (key: string) => {
  let made = 0;
  return <Type extends CounterEvent['eventType']>(eventType: Type, data: object = {}): WireEvent => {
    made += 1;
    return {
      eventId: `${key}-${made}`,
      eventType,
      eventVersion: '1.0',
      eventTime: new Date().toISOString(),
      aggregateId: key,
      aggregateType: 'Counter',
      tenantId: 'test',
      correlationId: key,
      data,
    };
  };
};

/** What each move was caused by; `-` for a deadline. */
const causesOf = (subject: string): string[] =>
  server.store.stream(subject).transitions.map(({ causes }) => causes[0] ?? '-');

const ids = (events: readonly WireEvent[]): string[] => events.map(({ eventId }) => eventId);

const runsOf = async (subject: string): Promise<number> => {
  const runs = new Set<string>();
  const handle = server.client.workflow.getHandle(subject);
  for (let runId = (await handle.describe()).runId; ; ) {
    runs.add(runId);
    const { events } = await server.client.workflow.getHandle(subject, runId).fetchHistory();
    const previous = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    if (!previous) return runs.size;
    runId = previous;
  }
};

describe.each(['activity', 'local'] as const)('a journey on a real server, recording by %s', (recording) => {
  test('loses and repeats no event when it continues as new while signals stream in', async () => {
    const key = fresh('stream');
    const event = eventsOf(key);
    const first = event('CountBegun');
    const counted = Array.from({ length: 2_000 }, () => event('Counted'));
    const end = event('CountEnded');
    const { subject, handle, send, barrier } = await server.start('counterJourney', key, [first], recording);
    for (let sent = 0, call = 1; sent < counted.length; call += 1) {
      const batch = counted.slice(sent, sent + 10);
      sent += batch.length;
      await send(...batch);
      // every tenth call repeats what was sent a while ago: short, and long before
      if (call % 10 === 0) await send(...counted.slice(Math.max(0, sent - 40), sent - 30), ...counted.slice(0, 3));
      if (call % 20 === 0) await barrier();
    }
    await send(end);
    expect(await handle.result()).toBe('ended');
    expect(causesOf(subject)).toEqual(ids([first, ...counted, end]));
    const { consumed, late, state } = server.store.stream(subject);
    expect(consumed.size).toBe(2_002);
    expect(late).toEqual([]);
    expect(state).toMatchObject({ count: 2_000 });
    expect(await runsOf(subject)).toBeGreaterThanOrEqual(8);
    const rings = new Set(server.rings.filter((each) => each.startsWith(`${subject}/`)));
    // version 1 is the beginning: the hundredth count makes version 101
    expect([...rings].sort()).toEqual(Array.from({ length: 20 }, (_, i) => `${subject}/${i * 100 + 101}/ring`).sort());
  });

  test('tells one story when a task is lost to more than 100 buffered signals, with deadlines racing', async () => {
    const key = fresh('buffered');
    const event = eventsOf(key);
    const first = event('CountBegun');
    server.store.afterAppend = ({ subject: stored }) =>
      stored.endsWith(key) ? new Promise((resolve) => setTimeout(resolve, 100)) : undefined;
    const { subject, handle, send } = await server.start('counterJourney', key, [first], recording);
    const counted: WireEvent[] = [];
    for (let sent = 0; sent < 400; sent += 1) {
      const next = event('Counted', { idleAt: new Date(Date.now() + 20).toISOString() });
      counted.push(next);
      await send(next);
      if (sent % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 150));
    }
    const end = event('CountEnded');
    await send(end);
    expect(await handle.result()).toBe('ended');
    expect(causesOf(subject).filter((cause) => cause !== '-')).toEqual(ids([first, ...counted, end]));
    expect(server.store.stream(subject).consumed.size).toBe(402);
    expect(server.store.stream(subject).state).toMatchObject({ count: 400 });
  });

  test('records as late what comes while it closes', async () => {
    const key = fresh('closing');
    const event = eventsOf(key);
    const { subject, handle, send } = await server.start('counterJourney', key, [event('CountBegun')], recording);
    await server.store.untilStage(subject, 'counting');
    const late = event('Counted');
    let sent = false;
    server.store.afterAppend = async ({ after, subject: stored }) => {
      if (sent || !after.closed || stored !== subject) return;
      sent = true;
      await send(late);
    };
    await send(event('CountEnded'));
    expect(await handle.result()).toBe('ended');
    expect(ids(server.store.stream(subject).late)).toEqual([late.eventId]);
    expect(server.store.stages(subject)).toEqual(['counting', 'ended']);
  });
});

describe('the Temporal SDK', () => {
  test('runs the local activities of 1,000 signals sent one after the other', async () => {
    const workflowId = fresh('reproducer');
    const handle = await server.client.workflow.start('oneLocalActivityPerSignal', {
      workflowId,
      taskQueue: server.taskQueue,
      args: [1_000],
    });
    const values = Array.from({ length: 1_000 }, (_, index) => index);
    for (const value of values) await handle.signal('value', value);
    expect(await handle.result()).toEqual(values);
  });
});
