import { z } from 'zod';
import { defineEvent, type EventOf, fields } from '../define-event';
import { id, instant } from '../fields';

export const NotificationRequested = defineEvent({
  type: 'NotificationRequested',
  version: '1.0',
  topic: 'healthcare.notifications.events',
  aggregateType: 'Appointment',
  aggregateIdField: 'appointmentId',
  description: 'A journey asks for a message to the patient.',
  data: fields({
    appointmentId: id,
    patientId: id,
    kind: z.enum(['reminder', 'follow-up']),
    /** When the appointment is, or was. */
    startsAt: instant.optional(),
  }),
});
export type NotificationRequested = EventOf<typeof NotificationRequested>;
