import { randomBytes } from 'node:crypto';
import {
  AppointmentAttended,
  AppointmentConfirmed,
  AppointmentRescheduled,
  AppointmentScheduled,
  type Envelope,
  newEvent,
} from '@millrace/events';
import { eventually } from '../support/eventually';
import { type ObservedPlatform, startObservedPlatform } from '../support/observed-platform';

jest.setTimeout(60_000);

const tenantId = `clinic-${randomBytes(3).toString('hex')}`;
const webUi = 'http://127.0.0.1:8233';
const hosting = (value: string) => ({ HOSTING: `appointmentJourney=${value}` });

let observed: ObservedPlatform;
let platform: ObservedPlatform['platform'];
let observer: ObservedPlatform['observer'];
let client: ObservedPlatform['client'];

beforeAll(async () => {
  observed = await startObservedPlatform({ ...hosting('own'), BRIDGE_SWEEP_MS: '300', TEMPORAL_UI_URL: webUi });
  ({ platform, observer, client } = observed);
}, 120_000);
afterAll(() => observed?.stop(), 60_000);

const subjectOf = (id: string): string => `appointmentJourney/${tenantId}/${id}`;
const send = (event: Envelope) => observer.publisher.publishEvent(event);
const about = (id: string) => ({ tenantId, aggregateId: id });
const at = (startsAtLocal: string) => ({ startsAtLocal, timeZone: 'Europe/Berlin' });
const scheduled = (id: string) =>
  newEvent(AppointmentScheduled, {
    ...about(id),
    data: { appointmentId: id, patientId: 'p', practitionerId: 'd', ...at('2031-03-01T09:00:00'), durationMinutes: 30 },
  });
const confirmed = (id: string) => newEvent(AppointmentConfirmed, { ...about(id), data: { appointmentId: id } });
const attended = (id: string) => newEvent(AppointmentAttended, { ...about(id), data: { appointmentId: id } });
const rescheduled = (id: string, hour: number) =>
  newEvent(AppointmentRescheduled, {
    ...about(id),
    data: { appointmentId: id, ...at(`2031-03-02T${String(hour).padStart(2, '0')}:00:00`) },
  });
const stageIs = (id: string, stage: string) => observed.stageIs(subjectOf(id), stage);

/** The bridge anew, with another choice of where new subjects go. */
async function bridgeWith(value: string): Promise<void> {
  await platform.signal('bridge', 'SIGTERM');
  platform.start('bridge', hosting(value));
}

const hostOf = async (id: string): Promise<string | null> => {
  const placed = await observer.store.placement.find([subjectOf(id)]);
  return placed.get(subjectOf(id))?.host ?? null;
};

describe('appointments in workflows of their own, then pooled, then in other hosts', () => {
  const groups = { own: ['own-1', 'own-2'], pooled: ['pooled-1', 'pooled-2', 'pooled-3'], more: ['more-1', 'more-2'] };
  const all = Object.values(groups).flat();

  it('stay where they began, whatever new ones get, and are attended there', async () => {
    for (const id of groups.own) await send(scheduled(id));
    for (const id of groups.own) await stageIs(id, 'scheduled');
    await bridgeWith('pooled:1');
    for (const id of groups.pooled) await send(scheduled(id));
    for (const id of groups.pooled) await stageIs(id, 'scheduled');
    await bridgeWith('pooled:64');
    for (const id of groups.more) await send(scheduled(id));
    for (const id of all) await send(confirmed(id));
    for (const id of all) await stageIs(id, 'confirmed');

    expect(await Promise.all(groups.own.map(hostOf))).toEqual([null, null]);
    expect(await Promise.all(groups.pooled.map(hostOf))).toEqual(Array(3).fill('appointmentJourney/host-0'));
    for (const id of groups.own)
      expect((await client.workflow.getHandle(subjectOf(id)).describe()).status.name).toBe('RUNNING');
    for (const id of groups.pooled) await expect(client.workflow.getHandle(subjectOf(id)).describe()).rejects.toThrow();

    await bridgeWith('own');
    for (const id of all) await send(attended(id));
    for (const id of all) await stageIs(id, 'attended');
    expect((await observer.store.parking.count()).lanes).toBe(0);
  });

  it('are shown by the API alike, with a link to the workflow that runs them', async () => {
    const read = async (id: string) => {
      const response = await fetch(`${platform.apiUrl}/v1/workflows/${encodeURIComponent(subjectOf(id))}`);
      const body: unknown = await response.json();
      return body;
    };
    for (const id of all) {
      const workflow = encodeURIComponent((await hostOf(id)) ?? subjectOf(id));
      const links = { webUi: `${webUi}/namespaces/default/workflows/${workflow}` };
      expect(await read(id)).toMatchObject({ id: subjectOf(id), stage: 'attended', status: 'closed', links });
    }
  });
});

describe('a pooled appointment', () => {
  beforeAll(() => bridgeWith('pooled:2'));

  it('takes its events in the order of their offsets, each once, also those sent again and those that come too late', async () => {
    const id = 'ordered';
    const first = scheduled(id);
    await send(first);
    const moves = Array.from({ length: 60 }, (_, nth) => rescheduled(id, nth % 24));
    const places = await Promise.all(moves.map(send));
    await Promise.all([...moves.slice(0, 10), first].map(send));
    const inOrder = moves
      .map(({ eventId }, nth) => ({ eventId, offset: places[nth]?.offset ?? 0n }))
      .sort((a, b) => Number(a.offset - b.offset));
    await eventually('all moves', async () => ((await observer.store.streams.get(subjectOf(id)))?.version ?? 0) >= 61);
    await send(attended(id));
    const { version } = await stageIs(id, 'attended');
    expect(version).toBe(62);
    const late = confirmed(id);
    await send(late);
    await send(first);
    await eventually('the late event', async () => (await observer.store.streams.late(subjectOf(id))).length > 0);
    const transitions = await observer.store.streams.transitions(subjectOf(id), 1, 60);
    expect(transitions.flatMap(({ causes }) => causes)).toEqual(inOrder.map(({ eventId }) => eventId));
    expect((await observer.store.streams.late(subjectOf(id))).map(({ eventId }) => eventId)).toEqual([late.eventId]);
  });

  it('waits for its start when something else comes first', async () => {
    const id = 'early';
    await send(confirmed(id));
    await eventually('the parked lane', async () => (await observer.store.parking.parked([subjectOf(id)])).size > 0);
    await send(scheduled(id));
    await stageIs(id, 'confirmed');
    expect(await observer.store.streams.transitions(subjectOf(id))).toMatchObject([
      { to: 'scheduled' },
      { to: 'confirmed' },
    ]);
  });
});
