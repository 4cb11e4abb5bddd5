import { randomUUID } from 'node:crypto';
import { AppointmentRescheduled, AppointmentScheduled, type Envelope, newEvent } from '@millrace/events';
import { type Observer, observe } from '../../infra/reconcile/observer';
import { eventually } from '../support/eventually';
import { type PlatformProcesses, startPlatformProcesses } from '../support/platform-processes';
import { whileStopped } from '../support/stopped';

const tenantId = 'clinic';
const KEYS = 60;
const OUTAGE_MS = 16_000;
const pause = (ms: number) => new Promise<void>((next) => setTimeout(next, ms));

let platform: PlatformProcesses;
let observer: Observer;
beforeAll(async () => {
  // A call's deadline is 10 s: the outage is longer, and much longer than what makes a single lane a blocked one.
  // The smallest pool there is fills up meanwhile.
  platform = await startPlatformProcesses({ BRIDGE_BLOCKED_PARK_MS: '3000', DATABASE_POOL: '4' });
  observer = await observe(platform.stack);
  const key = randomUUID();
  await observer.publisher.publishEvent(nextOf(key, 0));
  const subject = `appointmentJourney/${tenantId}/${key}`;
  await eventually('all processes run', async () => observer.store.streams.get(subject), 60_000);
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

/** Events of many appointments, until told to stop. Answers what was sent, by appointment. */
function stream(keys: readonly string[]) {
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
      await pause(400);
    }
  })();
  return {
    async stop() {
      going = false;
      await streaming;
      return sent;
    },
  };
}

describe.each(['temporal', 'postgres'])('%s stopped and continued while events flow', (server) => {
  it('loses nothing, repeats nothing, parks nothing and gives nothing up', async () => {
    const before = await observer.store.ledger.summary();
    const streaming = stream(Array.from({ length: KEYS }, () => randomUUID()));
    await pause(3_000);
    await whileStopped(platform.stack.pids[server] ?? 0, () => pause(OUTAGE_MS));
    await pause(3_000);
    const sent = await streaming.stop();
    const left = await observer.settle({ limitMs: 90_000, quietMs: 6_000 });
    expect(left).toMatchObject({ lag: 0, deadLetterLag: 0, unrelayed: 0, parkedLanes: 0 });
    const total = [...sent.values()].flat().length;
    for (const [key, events] of sent) {
      const transitions = await observer.store.streams.transitions(`appointmentJourney/${tenantId}/${key}`, 0, 1_000);
      expect(transitions.flatMap(({ causes }) => causes)).toEqual(events.map(({ eventId }) => eventId));
    }
    const records = (before['records'] ?? 0) + total;
    expect(await observer.store.ledger.summary()).toEqual({ records, delivered: records });
    expect((await observer.store.deadLetters.list({}, { limit: 1 })).items).toEqual([]);
  }, 180_000);
});
