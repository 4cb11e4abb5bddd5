/** The stage that an appointment is in after an event, for whoever does without the platform's machine. Pure: workflow code imports it. */
const stages: Readonly<Record<string, string>> = {
  AppointmentScheduled: 'scheduled',
  AppointmentConfirmed: 'confirmed',
  AppointmentRescheduled: 'scheduled',
  AppointmentAttended: 'attended',
};

export const stageAfter = (eventType: string): string => stages[eventType] ?? 'unknown';
