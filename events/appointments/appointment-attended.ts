import { defineEvent, type EventOf, fields } from '../define-event';
import { id } from '../fields';

export const AppointmentAttended = defineEvent({
  type: 'AppointmentAttended',
  version: '1.0',
  topic: 'healthcare.appointments.events',
  aggregateType: 'Appointment',
  aggregateIdField: 'appointmentId',
  description: 'The patient has come to an appointment.',
  data: fields({ appointmentId: id }),
});
export type AppointmentAttended = EventOf<typeof AppointmentAttended>;
