import { stepOnce, stepThrough } from '../kit/machine';
import type { WireEvent } from '../kit/wire';
import { appointmentCancelled, attended, confirmed, rescheduled, scheduled } from '../testing/events';
import { type Appointment, appointment } from './appointment.machine';
import type { AppointmentStage } from './appointment-journey.contract';

const hour = 3_600_000;
const machine = appointment({ reminderBeforeMs: 24 * hour, missedAfterMs: hour / 2, followUpAfterMs: 2 * hour });
const LOCAL = '2026-03-01T09:00:00';
const STARTS_AT = '2026-03-01T08:00:00.000Z';

type Given = WireEvent | 'deadline' | 'cancel';

/** Given what happened in this order: the state it comes to, the stages passed and the effects asked for. */
const comesTo = (...given: Given[]) => {
  let state: Appointment | undefined;
  let version = 0;
  let ended = false;
  const stages: AppointmentStage[] = [];
  const effects: string[] = [];
  const reasons: (string | undefined)[] = [];
  for (const each of given) {
    const outcome =
      typeof each === 'object'
        ? stepThrough(machine, { state, version }, [each])
        : stepOnce(machine, { state: some(state), version }, inputOf(each, state));
    ({ state, version } = outcome.standing);
    ended = outcome.ended;
    stages.push(...outcome.transitions.map(({ to }) => to as AppointmentStage));
    reasons.push(...outcome.transitions.map(({ reason }) => reason));
    effects.push(...outcome.effects.map(({ effect, version: at }) => `${at}/${effect.name}`));
  }
  return { state: some(state), stages, effects, ended, reasons };
};
const inputOf = (each: 'deadline' | 'cancel', state: Appointment | undefined) =>
  each === 'cancel'
    ? ({ eventType: 'CancelRequested' } as const)
    : ({ eventType: 'DeadlineReached', at: machine.deadline(some(state)) } as const);
const some = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('nothing happened yet');
  return value;
};

const start = scheduled('a', LOCAL);
const [confirm, attend, cancel] = [confirmed('a'), attended('a'), appointmentCancelled('a')];
const move = rescheduled('a', '2026-03-29T09:00:00');

describe('appointment machine', () => {
  test('starts scheduled, at the instant that the edge computed', () => {
    expect(comesTo(start).state).toEqual({
      at: 'scheduled',
      appointmentId: 'a',
      patientId: 'patient-1',
      practitionerId: 'doctor-1',
      startsAt: STARTS_AT,
      startsAtLocal: LOCAL,
      timeZone: 'Europe/Berlin',
    });
  });

  test.each<[string, Given[], string]>([
    ['scheduled: a day before the start', [start], '2026-02-28T08:00:00.000Z'],
    ['reminded: half an hour after the start', [start, 'deadline'], '2026-03-01T08:30:00.000Z'],
    ['confirmed: half an hour after the start', [start, confirm], '2026-03-01T08:30:00.000Z'],
    ['missed: two hours after the miss', [start, confirm, 'deadline'], '2026-03-01T10:30:00.000Z'],
    // summer time has begun in Berlin: 9:00 is 7:00 UTC
    ['rescheduled: a day before the new start', [start, move], '2026-03-28T07:00:00.000Z'],
    ['attended: none', [start, attend], 'none'],
    ['cancelled: none', [start, cancel], 'none'],
  ])('waits until, %s', (_, given, deadline) => {
    expect(machine.deadline(comesTo(...given).state)).toBe(deadline);
  });

  test.each<[string, Given[], AppointmentStage[], string[], boolean]>([
    ['reminds', [start, 'deadline'], ['scheduled', 'reminded'], ['2/reminder'], false],
    ['is confirmed', [start, confirm], ['scheduled', 'confirmed'], [], false],
    [
      'is confirmed after the reminder',
      [start, 'deadline', confirm],
      ['scheduled', 'reminded', 'confirmed'],
      ['2/reminder'],
      false,
    ],
    ['is confirmed once', [start, confirm, confirm], ['scheduled', 'confirmed'], [], false],
    ['is attended', [start, confirm, attend], ['scheduled', 'confirmed', 'attended'], [], true],
    ['is attended unconfirmed', [start, attend], ['scheduled', 'attended'], [], true],
    ['is cancelled', [start, cancel], ['scheduled', 'cancelled'], [], true],
    [
      'is cancelled after the reminder',
      [start, 'deadline', cancel],
      ['scheduled', 'reminded', 'cancelled'],
      ['2/reminder'],
      true,
    ],
    ['is cancelled through Temporal', [start, 'cancel'], ['scheduled', 'cancelled'], [], true],
    ['is missed', [start, confirm, 'deadline'], ['scheduled', 'confirmed', 'missed'], [], false],
    [
      'is missed unconfirmed',
      [start, 'deadline', 'deadline'],
      ['scheduled', 'reminded', 'missed'],
      ['2/reminder'],
      false,
    ],
    [
      'is followed up after a miss, and closes',
      [start, confirm, 'deadline', 'deadline'],
      ['scheduled', 'confirmed', 'missed', 'missed'],
      ['4/follow-up'],
      true,
    ],
    [
      'was attended after all',
      [start, confirm, 'deadline', attend],
      ['scheduled', 'confirmed', 'missed', 'attended'],
      [],
      true,
    ],
    [
      'is rescheduled after a miss',
      [start, confirm, 'deadline', move],
      ['scheduled', 'confirmed', 'missed', 'scheduled'],
      [],
      false,
    ],
    [
      'is not confirmed after a miss',
      [start, confirm, 'deadline', confirmed('a')],
      ['scheduled', 'confirmed', 'missed'],
      [],
      false,
    ],
    [
      'is rescheduled, and reminded of again',
      [start, 'deadline', confirm, move, 'deadline'],
      ['scheduled', 'reminded', 'confirmed', 'scheduled', 'reminded'],
      ['2/reminder', '5/reminder'],
      false,
    ],
    ['is scheduled once', [start, scheduled('a', '2027-01-01T09:00:00')], ['scheduled'], [], false],
  ])('%s', (_, given, stages, effects, ended) => {
    expect(comesTo(...given)).toMatchObject({ stages, effects, ended });
  });

  test('takes the time of a rescheduling', () => {
    expect(comesTo(start, move).state).toMatchObject({
      at: 'scheduled',
      startsAt: '2026-03-29T07:00:00.000Z',
      startsAtLocal: '2026-03-29T09:00:00',
      patientId: 'patient-1',
    });
  });

  test('knows no older version of itself', () => {
    expect(() => machine.migrate({}, 0)).toThrow('version 0');
  });

  test('stays where it ended', () => {
    const { state } = comesTo(start, cancel);
    const at = '2026-03-01T08:00:00.000Z';
    expect(machine.step(state, { eventType: 'DeadlineReached', at }).moved).toBe(false);
  });
});
