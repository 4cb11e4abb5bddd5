import { z } from 'zod';
import { defineEvent, type EventOf, fields } from '../define-event';
import { id, instant, localTime, timeZone } from '../fields';
import { withStartsAt } from './starts-at';

export const AppointmentScheduled = defineEvent({
  type: 'AppointmentScheduled',
  version: '1.0',
  topic: 'healthcare.appointments.events',
  aggregateType: 'Appointment',
  aggregateIdField: 'appointmentId',
  description: 'A patient has been given an appointment.',
  data: fields({
    appointmentId: id,
    patientId: id,
    practitionerId: id,
    startsAtLocal: localTime,
    timeZone,
    durationMinutes: z.int().min(1).max(1_440),
    startsAt: instant.optional(),
  }).transform(withStartsAt),
});
export type AppointmentScheduled = EventOf<typeof AppointmentScheduled>;
