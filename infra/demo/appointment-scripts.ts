import {
  AppointmentAttended,
  AppointmentCancelled,
  AppointmentConfirmed,
  AppointmentRescheduled,
  AppointmentScheduled,
  newEvent,
} from '@millrace/events';
import type { Script, Step } from './script';

/** Wall-clock time in a zone, to the second: what a person writes into a calendar. */
function localTime(instant: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(instant);
  return parts.replace(' ', 'T');
}

const SOON_MS = 9_000;
const IN_TIME_MS = 15 * 60_000;

/** Appointments that end in every way there is, `each` times: the missed ones start soon after `now`, the others so late that no slow machine misses them. */
export function appointmentScripts(tenantId: string, now: number, each: number): Script[] {
  const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata'] as const;
  let number = 0;
  const appointment = (
    name: string,
    startsInMs: number,
    steps: (id: string, subject: string, zone: string) => Step[],
  ): Script[] =>
    Array.from({ length: each }, () => {
      number += 1;
      const id = `appointment-${String(number).padStart(3, '0')}`;
      const timeZone = zones[number % zones.length] ?? 'UTC';
      const data = {
        appointmentId: id,
        patientId: `patient-${number}`,
        practitionerId: 'dr-1',
        startsAtLocal: localTime(now + startsInMs, timeZone),
        timeZone,
        durationMinutes: 30,
      };
      const scheduled = newEvent(AppointmentScheduled, { tenantId, aggregateId: id, data });
      return { name, steps: [{ event: scheduled }, ...steps(id, `appointmentJourney/${tenantId}/${id}`, timeZone)] };
    });
  const about = (id: string) => ({ tenantId, aggregateId: id, data: { appointmentId: id } });
  const confirmed = (id: string, subject: string): Step => ({
    event: newEvent(AppointmentConfirmed, about(id)),
    when: { subject, stages: ['scheduled', 'reminded'] },
  });
  const attended = (id: string, subject: string): Step => ({
    event: newEvent(AppointmentAttended, about(id)),
    when: { subject, stages: ['confirmed'] },
  });
  return [
    ...appointment('confirmed and attended', IN_TIME_MS, (id, subject) => [
      confirmed(id, subject),
      attended(id, subject),
    ]),
    ...appointment('cancelled', IN_TIME_MS, (id, subject) => [
      {
        event: newEvent(AppointmentCancelled, { ...about(id), data: { appointmentId: id, reason: 'ill' } }),
        when: { subject, stages: ['scheduled', 'reminded'] },
      },
    ]),
    ...appointment('rescheduled, then attended', IN_TIME_MS, (id, subject, timeZone) => [
      {
        event: newEvent(AppointmentRescheduled, {
          ...about(id),
          data: { appointmentId: id, startsAtLocal: localTime(now + 2 * IN_TIME_MS, timeZone), timeZone },
        }),
        when: { subject, stages: ['scheduled', 'reminded'] },
      },
      confirmed(id, subject),
      attended(id, subject),
    ]),
    ...appointment('missed', SOON_MS, () => []),
  ];
}
