import { STATUS } from '../kit/wire';
import { appointmentCancelled, attended, confirmed, fresh, rescheduled, scheduled } from '../testing/events';
import { refOf, type TestSubject } from '../testing/subject-client';
import { startTimeSkipping, type TimeSkipping } from '../testing/time-skipping';

const hour = 3_600_000;
const day = 24 * hour;

let platform: TimeSkipping;
beforeAll(async () => {
  platform = await startTimeSkipping();
}, 60_000);
afterAll(() => platform?.stop(), 30_000);
afterEach(() => {
  platform?.store.reset();
  if (platform) platform.notifications.beforeSend = () => undefined;
});
jest.setTimeout(30_000);

/** Local time in UTC, so long after the test server's now. */
const inMs = async (ms: number): Promise<string> =>
  new Date((await platform.env.currentTimeMs()) + ms).toISOString().slice(0, 19);

const scheduledIn = async (appointmentId: string, ms: number) => scheduled(appointmentId, await inMs(ms), 'UTC');

describe.each(['activity', 'local'] as const)('appointmentJourney, recording by %s', (recording) => {
  const start = async (appointmentId: string, ms: number): Promise<TestSubject> =>
    platform.start('appointmentJourney', appointmentId, [await scheduledIn(appointmentId, ms)], recording);

  test('reminds a day before, is confirmed and attended, over five weeks', async () => {
    const id = fresh('attended');
    const { subject, handle, send } = await start(id, 35 * day);
    await platform.env.sleep(33 * day);
    expect(platform.store.stages(subject)).toEqual(['scheduled']);
    await platform.env.sleep(1.5 * day);
    expect(platform.store.stages(subject)).toEqual(['scheduled', 'reminded']);
    expect(platform.notifications.of(subject)).toEqual(['reminder']);
    await send(confirmed(id));
    await platform.store.untilStage(subject, 'confirmed');
    await send(attended(id));
    expect(await handle.result()).toBe('attended');
    expect(platform.store.stages(subject)).toEqual(['scheduled', 'reminded', 'confirmed', 'attended']);
    expect(platform.store.stream(subject).status).toBe('closed');
  });

  test('is missed when nobody comes, and followed up a day later', async () => {
    const id = fresh('missed');
    const event = await scheduledIn(id, 10 * day);
    const { subject, handle } = await platform.start('appointmentJourney', id, [event], recording);
    await platform.env.sleep(11 * day);
    await platform.store.untilStage(subject, 'missed');
    expect(platform.store.stream(subject)).toMatchObject({ stage: 'missed', status: 'open' });
    expect(platform.notifications.of(subject)).toEqual(['reminder']);
    expect(await handle.result()).toBe('missed');
    expect(platform.store.stages(subject)).toEqual(['scheduled', 'reminded', 'missed', 'missed']);
    const sent = [...platform.notifications.sent].filter(([key]) => key.startsWith(subject));
    expect(sent.map(([key]) => key)).toEqual([`${subject}/2/reminder`, `${subject}/4/follow-up`]);
    expect(sent[0]?.[1].context).toMatchObject({ tenantId: 'test', correlationId: event.correlationId });
    expect(sent[0]?.[1].notification).toMatchObject({ appointmentId: id, startsAt: event.data.startsAt });
  });

  test('is rescheduled after the reminder, and reminded of the new time', async () => {
    const id = fresh('rescheduled');
    const { subject, handle, send } = await start(id, 3 * day);
    await platform.env.sleep(2.5 * day);
    expect(platform.store.stream(subject).stage).toBe('reminded');
    await send(rescheduled(id, await inMs(20 * day), 'UTC'));
    await platform.store.untilStage(subject, 'scheduled', 3);
    await platform.env.sleep(18 * day);
    expect(platform.store.stream(subject).stage).toBe('scheduled');
    await platform.env.sleep(1.5 * day);
    expect(platform.notifications.of(subject)).toEqual(['reminder', 'reminder']);
    await send(appointmentCancelled(id));
    expect(await handle.result()).toBe('cancelled');
  });

  test('closes as cancelled when Temporal is asked to cancel it', async () => {
    const id = fresh('cancel-request');
    const { subject, handle } = await start(id, 10 * day);
    await platform.store.untilStage(subject, 'scheduled');
    await handle.cancel();
    expect(await handle.result()).toBe('cancelled');
    expect(platform.store.stages(subject)).toEqual(['scheduled', 'cancelled']);
    expect(platform.store.stream(subject).transitions[1]?.causes).toEqual([]);
  });

  test('steps through what came together and records it as one, late what came behind the end', async () => {
    const id = fresh('batch');
    const events = [
      await scheduledIn(id, 10 * day),
      confirmed(id),
      confirmed(id),
      attended(id),
      confirmed(id),
    ] as const;
    const { subject, handle } = await platform.start('appointmentJourney', id, [...events], recording);
    expect(await handle.result()).toBe('attended');
    const { transitions, consumed, late } = platform.store.stream(subject);
    expect(transitions.map(({ to, causes }) => [to, ...causes])).toEqual([
      ['scheduled', events[0].eventId],
      ['confirmed', events[1].eventId],
      ['attended', events[3].eventId],
    ]);
    expect(events.map(({ eventId }) => consumed.get(eventId))).toEqual([0, 1, 2, 2, 3]);
    expect(late.map(({ eventId }) => eventId)).toEqual([events[4].eventId]);
    expect(platform.store.requests.filter((request) => request.subject === subject)).toHaveLength(1);
  });

  test('steps again without events that the store knew, though the inbox had forgotten them', async () => {
    const id = fresh('forgotten');
    const { subject, handle, send } = await start(id, 10 * day);
    await platform.store.untilStage(subject, 'scheduled');
    const [forgotten, known] = [appointmentCancelled(id), confirmed(id)];
    platform.store.override = ({ consumed }) =>
      consumed.some(({ eventId }) => eventId === forgotten.eventId)
        ? { status: 'duplicates', eventIds: [forgotten.eventId] }
        : undefined;
    await send(forgotten, known);
    await platform.store.untilStage(subject, 'confirmed');
    expect(platform.store.stages(subject)).toEqual(['scheduled', 'confirmed']);
    await send(attended(id));
    expect(await handle.result()).toBe('attended');
    expect(platform.store.stream(subject).consumed.has(forgotten.eventId)).toBe(false);
  });

  test('consumes events that move nothing', async () => {
    const id = fresh('no-move');
    const { subject, handle, send } = await start(id, 10 * day);
    const again = await scheduledIn(id, 20 * day);
    await send(again);
    await platform.store.untilConsumed(subject, again.eventId);
    expect(platform.store.stages(subject)).toEqual(['scheduled']);
    expect(await handle.query(STATUS)).toMatchObject({ stage: 'scheduled', version: 1, waiting: 0 });
    await send(attended(id));
    await handle.result();
  });

  test('performs its effects in the end, and goes on meanwhile', async () => {
    const id = fresh('effect-fails');
    let attempts = 0;
    platform.notifications.beforeSend = () => {
      attempts += 1;
      if (attempts < 12) throw new Error('Kafka is down');
    };
    const { subject, handle, send } = await start(id, hour);
    await platform.store.untilStage(subject, 'reminded');
    await send(confirmed(id));
    await platform.store.untilStage(subject, 'confirmed');
    expect(platform.notifications.of(subject)).toEqual([]);
    await send(attended(id));
    expect(await handle.result()).toBe('attended');
    expect(platform.notifications.of(subject)).toEqual(['reminder']);
    expect(attempts).toBe(12);
  });

  test('acts on nothing as the second run chain of its subject', async () => {
    const id = fresh('foreign');
    const ref = refOf('appointmentJourney', id);
    const [first, second] = [await scheduledIn(id, hour), confirmed(id)];
    await platform.store.beginElsewhere(ref, first.eventId, true);
    const { subject, handle } = await platform.start('appointmentJourney', id, [first, second], recording);
    expect(await handle.result()).toBe('foreign');
    expect(platform.store.stream(subject).late.map(({ eventId }) => eventId)).toEqual([second.eventId]);
    expect(platform.notifications.of(subject)).toEqual([]);
  });
});
