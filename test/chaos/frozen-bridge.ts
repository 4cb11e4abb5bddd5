import { AppointmentRescheduled, AppointmentScheduled } from '@millrace/events';
import { Kafka, logLevel } from 'kafkajs';
import { BRIDGE_TOPICS } from '../../infra/processes/bridge';
import { type Observer, observe } from '../../infra/reconcile/observer';
import { eventually } from '../support/eventually';
import { startPlatformProcesses } from '../support/platform-processes';

const GROUP = 'millrace.bridge';
const TENANT = 'clinic';
const KEYS = 12;
/** What it had sent is recorded after this time, and its session of 6 s is not over. */
const RECORDED_MS = 3_000;

const wait = (ms: number) => new Promise((next) => setTimeout(next, ms));
const name = (key: number) => `appointment-${key}`;

/** The same appointments again and again to other times: each of these events moves its journey, so its stream shows their order. */
async function rescheduleUntil({ publisher }: Observer, isOver: () => boolean): Promise<ReadonlyMap<string, string[]>> {
  const sent = new Map<string, string[]>(Array.from({ length: KEYS }, (_, key) => [name(key), []]));
  const when = (nth: number) => ({
    startsAtLocal: `2031-03-${String((nth % 27) + 1).padStart(2, '0')}T10:00:00`,
    timeZone: 'UTC',
  });
  for (let nth = 0; !isOver(); nth += 1) {
    const published = [...sent].map(async ([id, ids]) => {
      const common = { tenantId: TENANT, aggregateId: id };
      const { event } =
        nth === 0
          ? await publisher.publish(AppointmentScheduled, {
              ...common,
              data: { appointmentId: id, patientId: 'p', practitionerId: 'dr', durationMinutes: 30, ...when(0) },
            })
          : await publisher.publish(AppointmentRescheduled, { ...common, data: { appointmentId: id, ...when(nth) } });
      ids.push(event.eventId);
    });
    await Promise.all(published);
    await wait(100);
  }
  return sent;
}

const versions = ({ store }: Observer): Promise<number[]> =>
  Promise.all(
    Array.from({ length: KEYS }, async (_, key) => {
      const stream = await store.streams.get(`appointmentJourney/${TENANT}/${name(key)}`);
      return stream?.version ?? 0;
    }),
  );

/** Looks at what the group has committed until it is stopped; answers the commits that went backwards. */
function watchCommits({ admin }: Observer): () => Promise<readonly string[]> {
  const backwards: string[] = [];
  const highest = new Map<string, bigint>();
  let watching = true;
  const watched = (async () => {
    while (watching) {
      for (const { topic, partition, offset } of await admin.committed(GROUP, BRIDGE_TOPICS)) {
        const place = `${topic}/${partition}`;
        const before = highest.get(place) ?? -1n;
        if (offset < before) backwards.push(`${place}: ${offset} after ${before}`);
        highest.set(place, offset);
      }
      await wait(50);
    }
  })();
  return async () => {
    watching = false;
    await watched;
    return backwards;
  };
}

/** Waits until both bridges are members of the group, and each has its part of the partitions. */
async function untilBothHaveJoined(brokers: readonly string[]): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await eventually(
      'both bridges are in the group',
      async () => {
        const [group] = (await admin.describeGroups([GROUP])).groups;
        return group?.state === 'Stable' && group.members.length === 2;
      },
      60_000,
    );
  } finally {
    await admin.disconnect();
  }
}

/** A bridge is stopped with SIGSTOP past its session while events stream in; another takes over; it comes back. */
export async function freezeBridge() {
  const platform = await startPlatformProcesses({});
  const observer = await observe(platform.stack);
  await platform.signal('bridge', 'SIGTERM');
  const frozen = platform.start('bridge');
  platform.start('bridge'); // beside it: each has a part of the partitions
  const commits = watchCommits(observer);
  let isOver = false;
  try {
    const sending = rescheduleUntil(observer, () => isOver);
    await untilBothHaveJoined(platform.stack.kafkaBrokers);
    await eventually('all appointments are made', async () =>
      (await versions(observer)).every((version) => version > 1),
    );
    frozen.kill('SIGSTOP');
    await wait(RECORDED_MS);
    const before = await versions(observer);
    // Then the other one has its partitions. The frozen member's patience is three sessions: it comes back as what it was.
    await eventually(
      'all keys move on without the frozen bridge',
      async () => (await versions(observer)).every((version, key) => version > (before[key] ?? 0)),
      60_000,
    );
    frozen.kill('SIGCONT');
    await wait(4_000);
    isOver = true;
    const sent = await sending;
    const left = await observer.settle({ limitMs: 60_000, quietMs: 5_000 });
    const backwards = await commits();
    const moved = new Map<string, readonly string[]>();
    for (const id of sent.keys()) {
      const transitions = await observer.store.streams.transitions(`appointmentJourney/${TENANT}/${id}`, 0, 10_000);
      moved.set(
        id,
        transitions.flatMap(({ causes }) => causes),
      );
    }
    return { sent, moved, left, backwards };
  } finally {
    isOver = true;
    await commits();
    const ended = new Promise((resolve) => frozen.once('exit', resolve));
    frozen.kill('SIGKILL'); // what it is asked about is over, and nobody else stops it
    await ended;
    await observer.stop();
    await platform.stop();
  }
}
