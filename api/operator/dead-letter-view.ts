import { redriveCountOf } from '@millrace/kafka';
import { z } from 'zod';
import { DEAD_LETTER_CODES } from '../../store/dead-letter-codes';
import type { DeadLetter } from '../../store/types';
import type { ApiStore } from '../deps';
import { type Principal, speaksFor } from '../http/principal';
import { notFound } from '../http/problem';
import { text } from '../http/text';

const placeSchema = z.object({ topic: z.string(), partition: z.int().nullable(), offset: z.string().nullable() });

export const deadLetterSchema = z.object({
  id: z.string(),
  cause: z.string().describe(`Code of what was wrong: ${DEAD_LETTER_CODES.join(', ')}, or one of a service's own`),
  message: z.string(),
  eventId: z.string().nullable(),
  eventType: z.string().nullable(),
  tenantId: z.string().nullable().describe('Null when it could not be read; seen by callers of all tenants only'),
  key: z.string().nullable(),
  original: placeSchema.describe('Where it was read'),
  deadLetter: placeSchema.describe('Where it lies now'),
  deadAt: z.string(),
  redrivenAt: z.string().nullable(),
  redriveCount: z.int().describe('How often the record was sent again, as this letter and as earlier ones'),
});

export function deadLetterView(letter: DeadLetter): z.infer<typeof deadLetterSchema> {
  const { id, cause, message, eventId, eventType, tenantId, key, deadAt, redrivenAt } = letter;
  return {
    ...{ id, cause, message, eventId, eventType, tenantId, key },
    original: { topic: letter.originalTopic, partition: letter.originalPartition, offset: letter.originalOffset },
    deadLetter: { topic: letter.deadLetterTopic, partition: letter.partition, offset: letter.offset },
    ...{ deadAt, redrivenAt, redriveCount: redriveCountOf(letter.headers) + letter.redriveCount },
  };
}

export const deadLetterParameter = z.strictObject({ id: text(200) });

/** Or 404: also for letters of other tenants, and for those of none unless the caller speaks for all. */
export async function deadLetterOf(store: ApiStore, id: string, principal: Principal): Promise<DeadLetter> {
  const letter = await store.deadLetters.get(id);
  if (letter === undefined || !speaksFor(principal, letter.tenantId)) throw notFound('dead letter');
  return letter;
}
