import type {
  AppointmentAttended,
  AppointmentCancelled,
  AppointmentConfirmed,
  AppointmentRescheduled,
  AppointmentScheduled,
} from '@millrace/events';
import { own, workflowContract } from '../kit/contract';

export type AppointmentJourneyEvent =
  | AppointmentScheduled
  | AppointmentConfirmed
  | AppointmentRescheduled
  | AppointmentCancelled
  | AppointmentAttended;

const stages = ['scheduled', 'reminded', 'confirmed', 'attended', 'cancelled', 'missed'] as const;

export type AppointmentStage = (typeof stages)[number];

/** One appointment from scheduled to attended, cancelled or missed. */
export const appointmentJourneyContract = workflowContract<
  AppointmentScheduled,
  AppointmentJourneyEvent,
  AppointmentStage
>({
  target: 'appointmentJourney',
  taskQueue: 'millrace',
  transitionsTopic: 'healthcare.appointments.transitions',
  late: 'dead-letter',
  hosting: own,
  startsOn: ['AppointmentScheduled'],
  acceptsOn: [
    'AppointmentScheduled',
    'AppointmentConfirmed',
    'AppointmentRescheduled',
    'AppointmentCancelled',
    'AppointmentAttended',
  ],
  stages,
});
