import { z } from 'zod';
import type { FieldFault } from './faults';
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

/** For parsing: zod says "expected string, received undefined" of a field that is not there. */
export const inOurWords = {
  error: ({ input }: { readonly input?: unknown }) => (input === undefined ? 'is missing' : undefined),
};

/** What is wrong, under names that begin at `prefix`. */
export const faultsOf = (error: z.ZodError, prefix: readonly string[] = []): readonly FieldFault[] =>
  error.issues.map(({ path, message }) => ({ path: [...prefix, ...path.map(String)].join('.'), message }));
