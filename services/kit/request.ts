import { HEADERS, validTraceparent } from '@millrace/events';
import type { Request } from 'express';
import { z } from 'zod';
import { Problem } from './problem';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL_OR_HALF_CHARACTER = /[\u0000-\u001f\u007f\p{Cs}]/u;

/** A name as events take it: what the edge accepts must fit into the event that tells of it. */
export const text = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .refine((name) => !CONTROL_OR_HALF_CHARACTER.test(name), 'has control characters');

export const id = text(200);
const tenantId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$/, 'is not a tenant id: letters, digits and . _ : @ - only');

export const ofOrder = z.object({ tenantId, orderId: id });

/** Longer than names: clients write it in ASCII, where a character may take nine. PostgreSQL indexes up to some 2,700 bytes. */
const stepKey = text(2_400);

/** What ties an event to the request that caused it. */
export interface Trace {
  readonly correlationId: string | undefined;
  readonly traceparent: string | undefined;
}

/** Throws a 400 problem that names every field at fault. */
export function parse<T>(schema: z.ZodType<T>, input: unknown, whole = 'body'): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({
    field: path.length === 0 ? whole : path.join('.'),
    message,
  }));
  throw new Problem(400, 'invalid-request', errors.map(({ field, message }) => `${field}: ${message}`).join('; '), {
    errors,
  });
}

/** The request's JSON body. 415 if it says to be something else. */
export function parseBody<T>(schema: z.ZodType<T>, request: Request): T {
  if (request.body === undefined && request.get('content-type') !== undefined && !request.is('json')) {
    throw new Problem(415, 'not-json', 'the body must be application/json');
  }
  return parse(schema, request.body);
}

/** The key of a step, from the header. */
export const keyOfStep = (request: Request): string =>
  parse(stepKey, request.get('idempotency-key'), 'Idempotency-Key');

/** The key of an undo, from the path, where it is URL-encoded. */
export const keyOfUndo = (request: Request): string => parse(stepKey, request.params['key'], 'key');

/** A traceparent that is not one is left out, as W3C Trace Context asks. */
export function traceOf(request: Request): Trace {
  return {
    correlationId: parse(id.optional(), request.get(HEADERS.correlationId), HEADERS.correlationId),
    traceparent: validTraceparent(request.get(HEADERS.traceparent)),
  };
}
