import { randomUUID } from 'node:crypto';
import { eventually } from '../../test/support/eventually';
import { counterEvents } from '../testing/counter-events';
import { fresh } from '../testing/events';
import { type RealHosts, startRealHosts, type TestHost } from '../testing/real-hosts';
import { refOf } from '../testing/subject-client';
import type { Recording, WireEvent } from './wire';

let hosts: RealHosts;
beforeAll(async () => {
  hosts = await startRealHosts();
  hosts.ring = async (key) => void rung.add(key);
}, 60_000);
afterAll(() => hosts?.stop(), 30_000);
jest.setTimeout(240_000);

const rung = new Set<string>();

function counter() {
  const key = fresh('c');
  const event = counterEvents(key);
  return { key, ref: refOf('counterJourney', key), event, begun: event('CountBegun') };
}

const handleOf = (host: TestHost) => hosts.client.workflow.getHandle(host.id);
const versionOf = async (subject: string) => (await hosts.store.streams.get(subject))?.version;
const causesOf = async (subject: string) =>
  (await hosts.store.streams.transitions(subject)).map(({ causes }) => causes[0]);
const ids = (events: readonly WireEvent[]) => events.map(({ eventId }) => eventId);
const untilVersion = (subject: string, version: number) =>
  eventually(`version ${version} of ${subject}`, async () => (await versionOf(subject)) === version, 90_000);
const untilStuck = (host: TestHost) =>
  eventually(
    'a workflow task that fails again',
    async () => Number((await handleOf(host).describe()).raw.pendingWorkflowTask?.attempt ?? 0) > 1,
    60_000,
  );

/** `EVENT_TYPE_WORKFLOW_TASK_COMPLETED` of Temporal's API. */
const TASK_COMPLETED = 7;

/** As `temporal workflow reset --type LastWorkflowTask` does it. */
async function resetToLastTask(host: TestHost): Promise<void> {
  const [{ runId }, { events }] = await Promise.all([handleOf(host).describe(), handleOf(host).fetchHistory()]);
  const last = events?.findLast(({ eventType }) => eventType === TASK_COMPLETED)?.eventId;
  await hosts.client.workflowService.resetWorkflowExecution({
    namespace: hosts.client.options.namespace,
    workflowExecution: { workflowId: host.id, runId },
    workflowTaskFinishEventId: last ?? null,
    requestId: randomUUID(),
    reason: 'stuck',
  });
}

/** A host that remembers of one journey what the store says otherwise, with events of that journey and of another behind. */
async function stuckHost(recording: Recording) {
  const host = hosts.host(recording);
  const [broken, other] = [counter(), counter()];
  await host.send(broken.key, [broken.begun], true);
  await host.send(other.key, [other.begun], true);
  await untilVersion(broken.ref.subject, 1);
  await untilVersion(other.ref.subject, 1);
  const [started] = (await handleOf(host).fetchHistory()).events ?? [];
  await hosts.store.append({
    ...broken.ref,
    chain: host.id,
    hostChain: started?.workflowExecutionStartedEventAttributes?.firstExecutionRunId ?? '',
    correlationId: broken.key,
    expectedVersion: 1,
    transitions: [{ from: 'counting', to: 'counting', causes: ['from elsewhere'], data: { count: 1 } }],
    consumed: [{ eventId: 'from elsewhere', version: 1 }],
    late: [],
    after: { stage: 'counting', state: { at: 'counting', count: 1, idleAt: null }, machineVersion: 1, closed: false },
  });
  const rings = { ring: true };
  const behind = [broken, other].map(({ event }) => [event('Counted', rings), event('Counted', rings)] as const);
  const sendAll = async (nth: 0 | 1) => {
    for (const [at, { key }] of [broken, other].entries()) await host.send(key, behind[at]?.slice(nth, nth + 1) ?? []);
  };
  await sendAll(0);
  await untilStuck(host);
  await sendAll(1);
  return { host, broken, other, behind };
}

/** As the runbook has it: the row of the host names no chain that runs, so it is told to read all states again. */
const forgetChain = (host: TestHost) => hosts.store.hosting.open(host.id, 'none');

describe('a host that remembers a journey otherwise than the store has it', () => {
  test.each([
    ['recording by local activities, goes on once its row names another chain', 'local', undefined],
    ['recording by activities, goes on once it is reset to its last task as well', 'activity', resetToLastTask],
  ] as const)('%s: no event and no effect is lost', async (_, recording, then) => {
    const { host, broken, other, behind } = await stuckHost(recording);
    // A local activity records what it can, and its task fails all the same: of that the effects are still to come.
    if (recording === 'local') await untilVersion(other.ref.subject, 3);
    await forgetChain(host);
    await then?.(host);
    await untilVersion(broken.ref.subject, 4);
    await untilVersion(other.ref.subject, 3);
    const [ofBroken = [], ofOther = []] = behind.map(ids);
    expect(await causesOf(broken.ref.subject)).toEqual([broken.begun.eventId, 'from elsewhere', ...ofBroken]);
    expect(await causesOf(other.ref.subject)).toEqual([other.begun.eventId, ...ofOther]);
    const wanted = [broken, other].flatMap(({ ref: { subject } }, nth) =>
      [3 - nth, 4 - nth].map((version) => `${subject}/${version}/ring`),
    );
    await eventually('their effects', async () => wanted.every((key) => rung.has(key)), 60_000);
    await host.send(other.key, [other.event('CountEnded')]);
    await untilVersion(other.ref.subject, 4);
  });

  test('stays stuck if it is only reset: it takes the same step again', async () => {
    const { host, broken } = await stuckHost('activity');
    await resetToLastTask(host);
    await untilStuck(host);
    expect(await versionOf(broken.ref.subject)).toBe(2);
  });
});
