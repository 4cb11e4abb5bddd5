import { defineEvent, type EventOf, fields } from '../define-event';
import { id, reason } from '../fields';

export const AppointmentCancelled = defineEvent({
  type: 'AppointmentCancelled',
  version: '1.0',
  topic: 'healthcare.appointments.events',
  aggregateType: 'Appointment',
  aggregateIdField: 'appointmentId',
  description: 'An appointment has been cancelled.',
  data: fields({ appointmentId: id, reason: reason.optional() }),
});
export type AppointmentCancelled = EventOf<typeof AppointmentCancelled>;
