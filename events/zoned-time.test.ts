import { instantOf, isLocalTime, isTimeZone } from './zoned-time';

describe('a wall-clock time in its zone', () => {
  it.each([
    ['winter', '2026-01-15T09:00:00', 'Europe/Berlin', '2026-01-15T08:00:00Z'],
    ['summer', '2026-07-15T09:00:00', 'Europe/Berlin', '2026-07-15T07:00:00Z'],
    ['before the gap', '2026-03-29T01:59:59', 'Europe/Berlin', '2026-03-29T00:59:59Z'],
    ['in the gap: moves forward', '2026-03-29T02:30:00', 'Europe/Berlin', '2026-03-29T01:30:00Z'],
    ['after the gap', '2026-03-29T03:30:00', 'Europe/Berlin', '2026-03-29T01:30:00Z'],
    ['in the overlap: the earlier one', '2026-10-25T02:30:00', 'Europe/Berlin', '2026-10-25T00:30:00Z'],
    ['after the overlap', '2026-10-25T03:00:00', 'Europe/Berlin', '2026-10-25T02:00:00Z'],
    ['the other hemisphere, overlap', '2026-04-05T02:30:00', 'Australia/Sydney', '2026-04-04T15:30:00Z'],
    ['half an hour of summer time', '2026-10-04T02:15:00', 'Australia/Lord_Howe', '2026-10-03T15:45:00Z'],
    ['a quarter of an hour off', '2026-03-01T09:00', 'Asia/Kathmandu', '2026-03-01T03:15:00Z'],
    ['a leap day', '2028-02-29T12:00:00', 'America/New_York', '2028-02-29T17:00:00Z'],
    ['the other date', '2026-01-01T00:30:00', 'Pacific/Kiritimati', '2025-12-31T10:30:00Z'],
    ['UTC', '2026-01-01T00:30:00', 'UTC', '2026-01-01T00:30:00Z'],
  ])('%s: %s in %s is %s', (_, local, zone, instant) => {
    expect(instantOf(local, zone)).toBe(instant);
  });

  it.each(['2026-02-30T09:00:00', '2026-13-01T09:00:00', '2026-03-01T25:00:00'])(
    'does not move %s to a date that exists',
    (local) => {
      expect(() => instantOf(local, 'UTC')).toThrow(RangeError);
      expect(isLocalTime(local)).toBe(false);
    },
  );

  it.each([
    '2026-03-01T09:00:00Z',
    '2026-03-01T09:00:00+01:00',
    '2026-03-01',
    '2026-03-01T09:00:00[Europe/Berlin]',
    'tomorrow',
  ])('%s is no local time', (text) => {
    expect(isLocalTime(text)).toBe(false);
  });

  it('knows zones by name, not by offset', () => {
    expect(['Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+1', 'UTC'].map(isTimeZone)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['Mars/Olympus', '+01:00', '', 'Europe/', '../etc'].map(isTimeZone)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(() => instantOf('2026-03-01T09:00:00', '+01:00')).toThrow('not a time zone');
  });
});
