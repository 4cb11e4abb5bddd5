import type { WorkflowHandle } from '@temporalio/client';
import type { Recording, WireEvent } from '../../workflows/kit/wire';
import {
  appointmentCancelled,
  attended,
  confirmed,
  fresh,
  rescheduled,
  scheduled,
} from '../../workflows/testing/events';
import { refOf } from '../../workflows/testing/subject-client';
import type { TimeSkipping } from '../../workflows/testing/time-skipping';

/** What a host does, to be recorded as a history; a host never ends, so its history is taken while it runs. */
export interface HostScene {
  readonly name: string;
  run(platform: TimeSkipping): Promise<WorkflowHandle>;
}

const target = 'appointmentJourney';
const HOUR_MS = 3_600_000;
/** Wall-clock time of the server's clock, in UTC. */
const localTime = (ms: number): string => new Date(ms).toISOString().slice(0, 19);
const subjectOf = (key: string): string => refOf(target, key).subject;
const batch = (key: string, events: readonly WireEvent[], mayStart = true) => ({
  ref: { subject: subjectOf(key), tenantId: 'test', key },
  mayStart,
  events,
});

/** Attended, cancelled, rescheduled and missed, with a late event and one that comes twice. */
const everyEnding =
  (recording: Recording) =>
  async (platform: TimeSkipping): Promise<WorkflowHandle> => {
    const input = { host: `${target}/${fresh('host')}`, target, recording };
    const { store, env } = platform;
    const [happy, off, missed] = [fresh('happy'), fresh('off'), fresh('missed')];
    const startsAt = localTime((await env.currentTimeMs()) + 26 * HOUR_MS);
    const first = scheduled(happy, startsAt, 'UTC');
    const handle = await platform.host(input, [
      batch(happy, [first]),
      batch(off, [scheduled(off, startsAt, 'UTC'), appointmentCancelled(off), confirmed(off)]),
      batch(missed, [scheduled(missed, startsAt, 'UTC')]),
    ]);
    await store.untilStage(subjectOf(off), 'cancelled');
    await platform.host(input, [batch(happy, [first, rescheduled(happy, startsAt, 'UTC'), confirmed(happy)])]);
    await store.untilStage(subjectOf(happy), 'confirmed');
    await platform.host(input, [batch(happy, [attended(happy)]), batch(off, [confirmed(off)], false)]);
    await store.untilStage(subjectOf(happy), 'attended');
    for (let hours = 0; store.stream(subjectOf(missed)).status === 'open'; hours += 1) {
      if (hours > 100) throw new Error('the appointment was never missed');
      await env.sleep('1 hour');
    }
    return handle;
  };

export const hostScenes: readonly HostScene[] = [
  { name: 'host-every-ending', run: everyEnding('activity') },
  { name: 'host-every-ending-recorded-locally', run: everyEnding('local') },
  {
    name: 'host-taken-over',
    run: async (platform) => {
      const input = { host: `${target}/${fresh('host')}`, target };
      const { store, env } = platform;
      const key = fresh('kept');
      const startsAt = localTime((await env.currentTimeMs()) + 48 * HOUR_MS);
      const before = await platform.host(input, [batch(key, [scheduled(key, startsAt, 'UTC')])]);
      await store.untilStage(subjectOf(key), 'scheduled');
      await before.terminate('test');
      const handle = await platform.host(input, [batch(key, [confirmed(key)], false)]);
      await store.untilStage(subjectOf(key), 'confirmed');
      return handle;
    },
  },
  {
    name: 'host-start-awaited',
    run: async (platform) => {
      const input = { host: `${target}/${fresh('host')}`, target };
      const { store, env } = platform;
      const key = fresh('awaited');
      const startsAt = localTime((await env.currentTimeMs()) + 48 * HOUR_MS);
      const handle = await platform.host(input, [batch(key, [confirmed(key)], false)]);
      await platform.host(input, [batch(key, [scheduled(key, startsAt, 'UTC')])]);
      await store.untilStage(subjectOf(key), 'confirmed');
      return handle;
    },
  },
];
