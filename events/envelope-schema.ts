import { z } from 'zod';
import type { Envelope } from './envelope';
import { FaultFound } from './faults';
import { id, instant, tenantId, uuid } from './fields';

const eventVersion = z.string().regex(/^\d{1,4}\.\d{1,4}$/, 'is not a version like 1.0');
const eventType = z.string().regex(/^[A-Z][A-Za-z0-9]{0,99}$/, 'is not an event type like OrderPlaced');

/** Fields beside these are dropped: an event goes on with names of its own at that level, and nobody may set them from outside. */
export const envelopeSchema = z.object({
  eventId: uuid,
  eventType,
  eventVersion,
  eventTime: instant,
  aggregateId: id,
  aggregateType: id,
  tenantId,
  correlationId: id,
  causationId: id.optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  data: z.unknown(),
});

/** Says the first thing that is wrong, in words fit for a caller: no values, they may be personal. */
export function firstIssue(error: z.ZodError): { path: string; message: string } {
  const issue = error.issues[0];
  if (issue === undefined) return { path: '', message: 'is not valid' };
  return { path: issue.path.map(String).join('.'), message: issue.message };
}

/** @throws FaultFound not-an-envelope */
export function checkEnvelope(value: unknown): Envelope {
  const checked = envelopeSchema.safeParse(value);
  if (checked.success) return checked.data;
  const { path, message } = firstIssue(checked.error);
  throw new FaultFound('not-an-envelope', message, path);
}
