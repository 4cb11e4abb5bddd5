import { z } from 'zod';
import { isLocalTime, isTimeZone } from './zoned-time';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL = /[\u0000-\u001f\u007f]/;

/** An identifier as other systems make it: up to 200 characters, none of them a control character. */
export const id = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !CONTROL.test(text), 'has control characters');

/** A tenant's name stands in the middle of a subject, so it has no slash. */
export const tenantId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$/, 'is not a tenant id: letters, digits and . _ : @ - only');

/** In lower case, so that one id has one spelling. */
export const uuid = z.guid().transform((text) => text.toLowerCase());

/** As `toISOString` writes it. */
const IN_UTC = /T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** An instant, brought to UTC and milliseconds. */
export const instant = z.iso.datetime({ offset: true }).transform((text, context) => {
  if (IN_UTC.test(text)) return text; // what the schema lets through exists
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at.toISOString();
  context.addIssue({ code: 'custom', message: 'is not an instant' });
  return z.NEVER;
});

export const cents = z.int().min(0);
export const quantity = z.int().min(1);
export const currency = z.string().regex(/^[A-Z]{3}$/, 'is not an ISO 4217 code');
export const country = z.string().regex(/^[A-Z]{2}$/, 'is not an ISO 3166 code');
export const reason = z.string().min(1).max(2_000);
/** Wall-clock time without an offset: `2026-03-01T09:00:00`. */
export const localTime = z.string().refine(isLocalTime, 'is not a local time like 2026-03-01T09:00:00');
export const timeZone = z.string().refine(isTimeZone, 'is not an IANA time zone');
