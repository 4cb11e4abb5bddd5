import { randomBytes } from 'node:crypto';
import {
  AppointmentAttended,
  AppointmentConfirmed,
  AppointmentRescheduled,
  AppointmentScheduled,
  type Envelope,
  newEvent,
} from '@millrace/events';

/** A tenant that nobody had before: each measurement has its own, so that its rows can be told apart. */
export const freshTenant = (name: string): string => `${name}-${randomBytes(4).toString('hex')}`;

const DAY_MS = 86_400_000;
/** Events of an appointment in the steady stream. */
const LIFE = 10;
/** Far enough ahead that no deadline comes during a run. */
const localTimeIn = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 19);

/** One appointment's whole life, each event of which moves it: scheduled, then confirmed and rescheduled in turn, at last attended. */
export function appointmentLife(tenantId: string, appointmentId: string, events: number): Envelope[] {
  const about = { tenantId, aggregateId: appointmentId };
  return Array.from({ length: events }, (_, at) => {
    if (at === 0) {
      const times = { startsAtLocal: localTimeIn(60), timeZone: 'Europe/Berlin', durationMinutes: 30 };
      const data = { appointmentId, patientId: `patient-${appointmentId}`, practitionerId: 'practitioner-1', ...times };
      return newEvent(AppointmentScheduled, { ...about, data });
    }
    if (at === events - 1) return newEvent(AppointmentAttended, { ...about, data: { appointmentId } });
    if (at % 2 === 1) return newEvent(AppointmentConfirmed, { ...about, data: { appointmentId } });
    const data = { appointmentId, startsAtLocal: localTimeIn(60 + (at % 30)), timeZone: 'Europe/Berlin' };
    return newEvent(AppointmentRescheduled, { ...about, data });
  });
}

/** `keys` appointments of `perKey` events each, in the order in which they go to Kafka. */
export const interleaved = (tenantId: string, keys: number, perKey: number): Envelope[] =>
  interleave(lives(tenantId, keys, () => perKey));

/** Short lives: half of the appointments are attended at once, half are confirmed before. */
export const shortLives = (tenantId: string, keys: number): Envelope[] =>
  interleave(lives(tenantId, keys, (key) => 2 + (key % 2)));

/** The events that begin `keys` appointments. */
export const beginnings = (tenantId: string, keys: number): Envelope[] =>
  interleaved(tenantId, keys, LIFE).slice(0, keys);

/** `perKey` events of each appointment after the one that began it; none of them ends it. */
export const middles = (tenantId: string, keys: number, perKey: number): Envelope[] =>
  interleave(lives(tenantId, keys, () => perKey + 2).map((life) => life.slice(1, -1)));

/** Without end: one event after the other for each of the appointments in turn, each of which moves it and none ends it. */
export function* moves(tenantId: string, keys: number): Generator<Envelope, never> {
  for (let at = 0; ; at += 1) {
    const aggregateId = `appointment-${at % keys}`;
    const about = { tenantId, aggregateId };
    if (Math.floor(at / keys) % 2 === 0) {
      yield newEvent(AppointmentConfirmed, { ...about, data: { appointmentId: aggregateId } });
    } else {
      const data = { appointmentId: aggregateId, startsAtLocal: localTimeIn(60), timeZone: 'Europe/Berlin' };
      yield newEvent(AppointmentRescheduled, { ...about, data });
    }
  }
}

/** Appointments that start at these instants, milliseconds since the epoch. */
export const appointmentsAt = (tenantId: string, starts: readonly number[]): Envelope[] =>
  starts.map((startsAt, key) => {
    const appointmentId = `appointment-${key}`;
    const startsAtLocal = new Date(startsAt).toISOString().slice(0, -1);
    const times = { startsAtLocal, timeZone: 'UTC', durationMinutes: 30 };
    const data = { appointmentId, patientId: `patient-${key}`, practitionerId: 'practitioner-1', ...times };
    return newEvent(AppointmentScheduled, { tenantId, aggregateId: appointmentId, data });
  });

const lives = (tenantId: string, keys: number, events: (key: number) => number): Envelope[][] =>
  Array.from({ length: keys }, (_, key) => appointmentLife(tenantId, `appointment-${key}`, events(key)));

/** The first event of all, then the second, ... */
function interleave(each: readonly (readonly Envelope[])[]): Envelope[] {
  const longest = each.reduce((most, { length }) => Math.max(most, length), 0);
  return Array.from({ length: longest }, (_, at) => each.flatMap((life) => life.slice(at, at + 1))).flat();
}

/** An event and when it is due, in milliseconds from the beginning. */
export interface Due {
  readonly atMs: number;
  readonly event: Envelope;
}

export interface Stream {
  /** Oldest first, one every `1000 / perSecond` ms once the ramp is over. */
  readonly due: readonly Due[];
  readonly rampMs: number;
  readonly endMs: number;
}

/**
 * An open loop: every tenth event begins an appointment, whose ten events come about a second apart. The rate is whole
 * once the first appointments have reached their last event; the ramp until then is not measured.
 */
export function steadyStream(tenantId: string, perSecond: number, seconds: number): Stream {
  const slotMs = 1_000 / perSecond;
  const slotsBetween = perSecond + 1; // one more than a second: then each slot is taken by exactly one event
  const rampSlots = Math.ceil(((LIFE - 1) * slotsBetween) / perSecond) * perSecond;
  const slots = rampSlots + seconds * perSecond;
  const due: { slot: number; event: Envelope }[] = [];
  for (let key = 0; key * LIFE < slots; key += 1) {
    appointmentLife(tenantId, `appointment-${key}`, LIFE).forEach((event, at) => {
      const slot = key * LIFE + at * slotsBetween;
      if (slot < slots) due.push({ slot, event });
    });
  }
  return {
    due: due.toSorted((a, b) => a.slot - b.slot).map(({ slot, event }) => ({ atMs: slot * slotMs, event })),
    rampMs: rampSlots * slotMs,
    endMs: slots * slotMs,
  };
}
