import { Temporal } from 'temporal-polyfill';

/**
 * The UTC instant (RFC 3339, whole milliseconds dropped when zero) at which a wall clock in `timeZone` shows `local`.
 * In a gap (clocks go forward) the time moves forward by the gap's length; in an overlap the earlier of the two is meant.
 * That is what RFC 5545 asks of calendars.
 *
 * @param local `2026-03-01T09:00:00`, without offset
 * @param timeZone IANA name, `Europe/Berlin`
 * @throws RangeError when the date or the zone does not exist
 */
export function instantOf(local: string, timeZone: string): string {
  return Temporal.PlainDateTime.from(local, { overflow: 'reject' })
    .toZonedDateTime(zone(timeZone), { disambiguation: 'compatible' })
    .toInstant()
    .toString();
}

/** True for the names of the IANA time zone database; offsets such as `+01:00` are no zones, they know no summer time. */
export function isTimeZone(name: string): boolean {
  try {
    zone(name);
    return true;
  } catch {
    return false;
  }
}

/** True for a wall-clock time that exists in the calendar: `2026-02-30T09:00:00` does not. */
export function isLocalTime(local: string): boolean {
  if (PLAIN_LOCAL_TIME.test(local)) return true;
  try {
    Temporal.PlainDateTime.from(local, { overflow: 'reject' });
    return LOCAL_TIME.test(local);
  } catch {
    return false;
  }
}

const LOCAL_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?$/;
/** In nearly every month and year: asking the polyfill is slow (5 µs), so only the last days of a month are asked. */
const PLAIN_LOCAL_TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;

/** Asking Intl is slow (50 µs), and there are some hundred zones: those that exist are remembered. */
const known = new Set<string>();

function zone(name: string): string {
  if (known.has(name)) return name;
  if (!ZONE_NAME.test(name)) throw new RangeError(`not a time zone: ${name}`);
  // The polyfill asks Intl, which knows the zones of the machine's ICU data.
  new Intl.DateTimeFormat('en', { timeZone: name });
  known.add(name);
  return name;
}
