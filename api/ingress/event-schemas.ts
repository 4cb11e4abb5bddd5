import { z } from 'zod';

/** For the document only: the registry checks what arrives, by the contract of its type. */
export const envelopeSchema = z.looseObject({
  eventId: z.string().optional().describe('Filled in when missing'),
  eventType: z.string().describe('PascalCase, past tense; the types and their data are in this document'),
  eventVersion: z.string().describe('major.minor'),
  eventTime: z.iso.datetime({ offset: true }).optional().describe('Filled in when missing'),
  aggregateId: z.string().describe("The key of the record; equal to the id in data that the type's contract names"),
  aggregateType: z.string().optional().describe("That of the type's contract; filled in when missing"),
  tenantId: z.string(),
  correlationId: z.string().optional().describe('Filled in when missing: the event begins its own correlation'),
  causationId: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  data: z.unknown(),
});

export const cloudEventSchema = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().optional().describe('Filled in when missing'),
  source: z.string(),
  type: z.string(),
  subject: z
    .string()
    .optional()
    .describe('The aggregateId, or a path that ends in it; filled in where the contract names its field in data'),
  partitionkey: z.string().optional().describe('The aggregateId, before the subject'),
  time: z.iso.datetime({ offset: true }).optional(),
  tenantid: z.string(),
  eventversion: z.string().optional(),
  aggregatetype: z.string().optional(),
  correlationid: z.string().optional(),
  causationid: z.string().optional(),
  data: z.unknown(),
});

export const batchOf = (schema: z.ZodType, most: number) => z.array(schema).min(1).max(most);
