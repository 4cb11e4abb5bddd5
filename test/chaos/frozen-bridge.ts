import { AppointmentRescheduled, AppointmentScheduled } from '@millrace/events';
import { BRIDGE_TOPICS } from '../../infra/processes/bridge';
import { type Observer, observe } from '../../infra/reconcile/observer';
import { startPlatformProcesses } from '../support/platform-processes';

const GROUP = 'millrace.bridge';
const TENANT = 'clinic';
const KEYS = 12;
/** Longer than the session of 6 s, shorter than its member's patience of three: it comes back as what it was. */
const FROZEN_MS = 9_000;

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

/** A bridge is stopped with SIGSTOP past its session while events stream in; another takes over; it comes back. */
export async function freezeBridge() {
  const platform = await startPlatformProcesses({});
  const observer = await observe(platform.stack);
  await platform.signal('bridge', 'SIGTERM');
  const frozen = platform.start('bridge');
  platform.start('bridge'); // beside it: each has a part of the partitions
  try {
    const commits = watchCommits(observer);
    let isOver = false;
    const sending = rescheduleUntil(observer, () => isOver);
    await wait(8_000);
    frozen.kill('SIGSTOP');
    const before = await versions(observer);
    await wait(FROZEN_MS);
    // The other one has its partitions now: all keys move on.
    const after = await versions(observer);
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
    return { tookOver: after.every((version, key) => version > (before[key] ?? 0)), sent, moved, left, backwards };
  } finally {
    const ended = new Promise((resolve) => frozen.once('exit', resolve));
    frozen.kill('SIGKILL'); // what it is asked about is over, and nobody else stops it
    await ended;
    await observer.stop();
    await platform.stop();
  }
}
