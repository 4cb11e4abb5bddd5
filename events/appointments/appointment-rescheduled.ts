import { defineEvent, type EventOf, fields } from '../define-event';
import { id, instant, localTime, timeZone } from '../fields';
import { withStartsAt } from './starts-at';

export const AppointmentRescheduled = defineEvent({
  type: 'AppointmentRescheduled',
  version: '1.0',
  topic: 'healthcare.appointments.events',
  aggregateType: 'Appointment',
  aggregateIdField: 'appointmentId',
  description: 'An appointment has been moved to another time.',
  data: fields({ appointmentId: id, startsAtLocal: localTime, timeZone, startsAt: instant.optional() }).transform(
    withStartsAt,
  ),
});
export type AppointmentRescheduled = EventOf<typeof AppointmentRescheduled>;
