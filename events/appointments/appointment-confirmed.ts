import { defineEvent, type EventOf, fields } from '../define-event';
import { id } from '../fields';

export const AppointmentConfirmed = defineEvent({
  type: 'AppointmentConfirmed',
  version: '1.0',
  topic: 'healthcare.appointments.events',
  aggregateType: 'Appointment',
  aggregateIdField: 'appointmentId',
  description: 'The patient has confirmed an appointment.',
  data: fields({ appointmentId: id }),
});
export type AppointmentConfirmed = EventOf<typeof AppointmentConfirmed>;
