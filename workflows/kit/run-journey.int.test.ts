import type { History } from '@temporalio/common/lib/proto-utils';
import { counterEvents } from '../testing/counter-events';
import { fresh } from '../testing/events';
import { type RealServer, startOnRealServer } from '../testing/real-server';
import type { WireEvent } from './wire';

let server: RealServer;
beforeAll(async () => {
  server = await startOnRealServer();
}, 60_000);
afterAll(() => server?.stop(), 30_000);
afterEach(() => server?.store.reset());
jest.setTimeout(60_000);

/** What each move was caused by; `-` for a deadline. */
const causesOf = (subject: string): string[] =>
  server.store.stream(subject).transitions.map(({ causes }) => causes[0] ?? '-');

const ids = (events: readonly WireEvent[]): string[] => events.map(({ eventId }) => eventId);

/** The histories of all runs of a subject, newest first. */
async function historiesOf(subject: string): Promise<readonly History['events'][]> {
  const histories: History['events'][] = [];
  let runId: string | undefined = (await server.client.workflow.getHandle(subject).describe()).runId;
  while (runId) {
    const { events } = await server.client.workflow.getHandle(subject, runId).fetchHistory();
    histories.push(events);
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? undefined;
  }
  return histories;
}

/** Ids of events in the order in which the server took their signals. */
async function signalled(subject: string): Promise<string[]> {
  const events = [...(await historiesOf(subject))].reverse().flatMap((history) => history ?? []);
  return events.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
    const data = signal?.input?.payloads?.[0]?.data;
    return data ? ids(JSON.parse(Buffer.from(data).toString())) : [];
  });
}

/** temporal.api.enums.v1.WorkflowTaskFailedCause */
const FORCE_CLOSE_COMMAND = 17;

/** Tasks that the server failed because too many events were buffered. */
async function forcedTasks(subject: string): Promise<number> {
  const events = (await historiesOf(subject)).flatMap((history) => history ?? []);
  return events.filter(
    ({ workflowTaskFailedEventAttributes: failed }) => Number(failed?.cause ?? 0) === FORCE_CLOSE_COMMAND,
  ).length;
}

describe.each(['activity', 'local'] as const)('a journey on a real server, recording by %s', (recording) => {
  test('loses and repeats no event when it continues as new while signals stream in', async () => {
    const key = fresh('stream');
    const event = counterEvents(key);
    const first = event('CountBegun');
    const counted = Array.from({ length: 2_000 }, () => event('Counted'));
    const end = event('CountEnded');
    const { subject, handle, send, barrier } = await server.start('counterJourney', key, [first], recording);
    for (let sent = 0, call = 1; sent < counted.length; call += 1) {
      const batch = counted.slice(sent, sent + 20);
      sent += batch.length;
      await send(...batch);
      // every fifth call repeats what was sent a while ago: short, and long before
      if (call % 5 === 0) await send(...counted.slice(Math.max(0, sent - 40), sent - 30), ...counted.slice(0, 3));
      if (call % 10 === 0) await barrier();
    }
    await send(end);
    expect(await handle.result()).toBe('ended');
    expect(causesOf(subject)).toEqual(ids([first, ...counted, end]));
    const { consumed, late, state } = server.store.stream(subject);
    expect(consumed.size).toBe(2_002);
    expect(late).toEqual([]);
    expect(state).toMatchObject({ count: 2_000 });
    expect((await historiesOf(subject)).length).toBeGreaterThanOrEqual(4);
    const rings = new Set(server.rings.filter((each) => each.startsWith(`${subject}/`)));
    // version 1 is the beginning: the hundredth count makes version 101
    expect([...rings].sort()).toEqual(Array.from({ length: 20 }, (_, i) => `${subject}/${i * 100 + 101}/ring`).sort());
  });

  test('tells one story when a task is lost to more than 100 buffered signals, with deadlines racing', async () => {
    const key = fresh('buffered');
    const event = counterEvents(key);
    const first = event('CountBegun');
    const { subject, handle, send } = await server.start('counterJourney', key, [first], recording);
    await server.store.untilStage(subject, 'counting');
    server.store.afterAppend = ({ subject: stored }) =>
      stored === subject ? new Promise((resolve) => setTimeout(resolve, 500)) : undefined;
    for (let burst = 1; burst <= 3; burst += 1) {
      const idleAt = new Date(Date.now() + 100).toISOString();
      const counted = Array.from({ length: 150 }, () => event('Counted', { idleAt }));
      await Promise.all(counted.map((each) => send(each)));
      await server.store.until(`burst ${burst}`, () => {
        const { stage, consumed } = server.store.stream(subject);
        return stage === 'idle' && consumed.size > burst * 150;
      });
    }
    server.store.reset();
    await send(event('CountEnded'));
    expect(await handle.result()).toBe('ended');
    expect(causesOf(subject).filter((cause) => cause !== '-')).toEqual(await signalled(subject));
    expect(server.store.stream(subject)).toMatchObject({ state: { count: 450 }, consumed: { size: 452 }, late: [] });
    if (recording === 'local') expect(await forcedTasks(subject)).toBeGreaterThan(0);
  });

  test('records as late what comes while it closes', async () => {
    const key = fresh('closing');
    const event = counterEvents(key);
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
