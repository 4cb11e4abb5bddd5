import type { AppointmentScheduled } from '@millrace/events';
import type { AppointmentPolicy } from '../../activities/appointments/appointments.activities';
import type { CancelRequested, DeadlineReached, Machine, Step } from '../kit/machine';
import { endIn, moveTo, stay } from '../kit/machine';
import type { AppointmentJourneyEvent, AppointmentStage } from './appointment-journey.contract';

export interface Appointment {
  readonly at: AppointmentStage;
  readonly appointmentId: string;
  readonly patientId: string;
  readonly practitionerId: string;
  /** RFC 3339, UTC: computed at the edge from local time and zone. */
  readonly startsAt: string;
  readonly startsAtLocal: string;
  readonly timeZone: string;
}

export interface AppointmentEffect {
  readonly name: 'reminder' | 'follow-up';
  readonly appointmentId: string;
  readonly patientId: string;
  readonly startsAt: string;
}

type AppointmentInput = AppointmentJourneyEvent | DeadlineReached | CancelRequested;
type AppointmentStep = Step<Appointment, AppointmentEffect>;

/** One appointment, from scheduled to attended, cancelled or missed. */
export const appointment = (
  policy: AppointmentPolicy,
): Machine<Appointment, AppointmentScheduled, AppointmentJourneyEvent, AppointmentEffect> => ({
  name: 'appointment',
  version: 1,
  initial: ({ data }) => ({
    at: 'scheduled',
    appointmentId: data.appointmentId,
    patientId: data.patientId,
    practitionerId: data.practitionerId,
    startsAt: data.startsAt,
    startsAtLocal: data.startsAtLocal,
    timeZone: data.timeZone,
  }),
  deadline: (state) => deadlineOf(state, policy),
  step,
  migrate: (_, fromVersion) => {
    throw new Error(`There was no version ${fromVersion} of the appointment machine`);
  },
});

function deadlineOf({ at, startsAt }: Appointment, policy: AppointmentPolicy): string | 'none' {
  const missed = policy.missedAfterMs;
  switch (at) {
    case 'scheduled':
      return shifted(startsAt, -policy.reminderBeforeMs);
    case 'reminded':
    case 'confirmed':
      return shifted(startsAt, missed);
    case 'missed':
      return shifted(startsAt, missed + policy.followUpAfterMs);
    case 'attended':
    case 'cancelled':
      return 'none';
    default:
      return at satisfies never;
  }
}

/** Every stage takes every input; only `confirmed` depends on where the appointment stands. */
function step(state: Appointment, input: AppointmentInput): AppointmentStep {
  switch (input.eventType) {
    case 'AppointmentScheduled':
      return stay; // it is already; another time comes as a rescheduling
    case 'AppointmentConfirmed':
      return state.at === 'scheduled' || state.at === 'reminded' ? moveTo({ ...state, at: 'confirmed' }) : stay;
    case 'AppointmentRescheduled':
      return rescheduled(state, input.data);
    case 'AppointmentAttended':
      return endIn({ ...state, at: 'attended' });
    case 'AppointmentCancelled':
      return endIn({ ...state, at: 'cancelled' }, { reason: input.data.reason });
    case 'CancelRequested':
      return endIn({ ...state, at: 'cancelled' }, { reason: 'Temporal was asked to cancel the workflow' });
    case 'DeadlineReached':
      return atDeadline(state);
    default:
      return input satisfies never;
  }
}

/** A new time begins anew: it is reminded of and confirmed again, also after a miss. */
function rescheduled(
  state: Appointment,
  { startsAt, startsAtLocal, timeZone }: Pick<Appointment, 'startsAt' | 'startsAtLocal' | 'timeZone'>,
): AppointmentStep {
  const next: Appointment = { ...state, at: 'scheduled', startsAt, startsAtLocal, timeZone };
  return moveTo(next, { reason: 'rescheduled', data: { startsAt, startsAtLocal, timeZone } });
}

function atDeadline(state: Appointment): AppointmentStep {
  switch (state.at) {
    case 'scheduled':
      return moveTo({ ...state, at: 'reminded' }, { effects: [notification('reminder', state)] });
    case 'reminded':
    case 'confirmed':
      return moveTo({ ...state, at: 'missed' }, { reason: 'not attended' });
    case 'missed':
      return endIn(state, { reason: 'followed up', effects: [notification('follow-up', state)] });
    case 'attended':
    case 'cancelled':
      return stay;
    default:
      return state.at satisfies never;
  }
}

const notification = (
  name: AppointmentEffect['name'],
  { appointmentId, patientId, startsAt }: Appointment,
): AppointmentEffect => ({ name, appointmentId, patientId, startsAt });

const shifted = (instant: string, ms: number): string => new Date(Date.parse(instant) + ms).toISOString();
