import { randomUUID } from 'node:crypto';
import {
  AppointmentConfirmed,
  AppointmentRescheduled,
  AppointmentScheduled,
  type Envelope,
  newEvent,
} from '@millrace/events';
import { type Observer, observe } from '../../infra/reconcile/observer';
import { eventually } from '../support/eventually';
import { type PlatformProcesses, startPlatformProcesses } from '../support/platform-processes';
import { whileStopped } from '../support/stopped';

const tenantId = 'clinic';
const KEYS = 60;
const OUTAGE_MS = 16_000;
const pause = (ms: number) => new Promise<void>((next) => setTimeout(next, ms));

const stopped = (pid: number) => whileStopped(pid, () => pause(OUTAGE_MS));
/** It answers everything, with a tenth of its speed. */
async function slow(pid: number): Promise<void> {
  for (let leftMs = OUTAGE_MS; leftMs > 0; leftMs -= 400) {
    await whileStopped(pid, () => pause(360));
    await pause(40);
  }
}

const subjectOf = (key: string) => `appointmentJourney/${tenantId}/${key}`;

let platform: PlatformProcesses;
let observer: Observer;
beforeAll(async () => {
  // A call's deadline is 10 s: the outage is longer, and much longer than what makes a single lane a blocked one.
  // The smallest pool there is fills up meanwhile.
  platform = await startPlatformProcesses({ BRIDGE_BLOCKED_PARK_MS: '3000', DATABASE_POOL: '4' });
  observer = await observe(platform.stack);
  const key = randomUUID();
  await observer.publisher.publishEvent(nextOf(key, 0));
  await eventually('all processes run', async () => observer.store.streams.get(subjectOf(key)), 60_000);
}, 120_000);
afterAll(async () => {
  await observer?.stop();
  await platform?.stop();
}, 60_000);

const at = (nth: number) => ({
  startsAtLocal: `2031-03-02T${String(nth % 24).padStart(2, '0')}:00:00`,
  timeZone: 'UTC',
});
const nextOf = (key: string, nth: number): Envelope => {
  const about = { tenantId, aggregateId: key };
  const data = { appointmentId: key, ...at(nth) };
  return nth === 0
    ? newEvent(AppointmentScheduled, {
        ...about,
        data: { ...data, patientId: 'p', practitionerId: 'd', durationMinutes: 30 },
      })
    : newEvent(AppointmentRescheduled, { ...about, data });
};

/** Events of many appointments, and each time one of an appointment that nobody schedules, until told to stop. */
function stream(keys: readonly string[]) {
  const early: string[] = [];
  const sent = new Map<string, Envelope[]>(keys.map((key) => [key, []]));
  let going = true;
  const streaming = (async () => {
    for (let round = 0; going; round += 1) {
      // New appointments come up all the time, so that calls of all kinds are under way.
      const some = keys.slice(0, 10 + round).filter((_, nth) => (nth + round) % 3 === 0);
      for (const key of some) {
        const events = sent.get(key) ?? [];
        const event = nextOf(key, events.length);
        events.push(event);
        void observer.publisher.publishEvent(event);
      }
      const nobody = randomUUID();
      early.push(subjectOf(nobody));
      void observer.publisher.publish(AppointmentConfirmed, {
        tenantId,
        aggregateId: nobody,
        data: { appointmentId: nobody },
      });
      await pause(400);
    }
  })();
  return {
    async stop() {
      going = false;
      await streaming;
      return { sent, early };
    },
  };
}

const parkedNow = async () => (await observer.store.parking.list({ limit: 1_000 })).items;

describe.each([
  ['temporal', 'stopped', stopped],
  ['postgres', 'stopped', stopped],
  ['postgres', 'slow', slow],
] as const)('%s %s for a while, while events flow', (server, _, disturb) => {
  it('loses nothing, repeats nothing, gives nothing up and leaves nothing parked but what is early, of own and pooled journeys', async () => {
    const keys = Array.from({ length: KEYS }, () => randomUUID());
    // A subject stays where it is: these are pooled, though the deployment says own.
    const pooled = keys.filter((_, nth) => nth % 2 === 0).map(subjectOf);
    await observer.store.placement.place(
      new Map(pooled.map((subject, nth) => [subject, { host: `appointmentJourney/host-${nth % 2}` }])),
    );
    const parkedBefore = await parkedNow();
    const before = await observer.store.ledger.summary();
    const streaming = stream(keys);
    await pause(3_000);
    await disturb(platform.stack.pids[server] ?? 0);
    await pause(3_000);
    const { sent, early } = await streaming.stop();
    const left = await observer.settle({ limitMs: 90_000, quietMs: 6_000 });
    expect(left).toMatchObject({ lag: 0, deadLetterLag: 0, unrelayed: 0 });
    const parked = (await parkedNow()).slice(parkedBefore.length);
    expect(parked.map(({ subject }) => subject).toSorted()).toEqual(early.toSorted());
    expect(new Set(parked.map(({ cause }) => cause))).toEqual(new Set(['early']));
    const total = [...sent.values()].flat().length;
    for (const [key, events] of sent) {
      const transitions = await observer.store.streams.transitions(subjectOf(key), 0, 1_000);
      expect(transitions.flatMap(({ causes }) => causes)).toEqual(events.map(({ eventId }) => eventId));
    }
    const { records, delivered = 0, parked: everParked = 0, ...others } = await observer.store.ledger.summary();
    expect({ records, settled: delivered + everParked, others }).toEqual({
      records: (before['records'] ?? 0) + total + early.length,
      settled: (before['delivered'] ?? 0) + (before['parked'] ?? 0) + total + early.length,
      others: {},
    });
    // A lane that fails once more on a slow machine is parked for a moment: as long as this outage is much longer than its patience.
    expect(everParked).toBeGreaterThanOrEqual((before['parked'] ?? 0) + early.length);
    expect((await observer.store.deadLetters.list({}, { limit: 1 })).items).toEqual([]);
  }, 180_000);
});
