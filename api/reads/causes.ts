import { z } from 'zod';
import type { LedgerRow } from '../../store/types';
import type { ApiStore } from '../deps';

/** Where an event was read; several places if it came more than once. */
export const readAtSchema = z.object({ topic: z.string(), partition: z.int(), offset: z.string(), readAt: z.string() });

export const causeSchema = z.object({
  eventId: z.string(),
  eventType: z.string().nullable().describe('Null when the ledger no longer has it'),
  records: z.array(readAtSchema),
});

export type Cause = z.infer<typeof causeSchema>;

export const readAt = ({ topic, partition, offset, readAt: at }: LedgerRow): z.infer<typeof readAtSchema> => ({
  topic,
  partition,
  offset,
  readAt: at,
});

const atOnce = 8;

/** Looks each event up in the ledger, a few at a time. */
export async function resolveCauses(
  ledger: ApiStore['ledger'],
  tenantId: string,
  eventIds: readonly string[],
): Promise<ReadonlyMap<string, Cause>> {
  const causes = new Map<string, Cause>();
  const waiting = [...new Set(eventIds)];
  const lookUp = async () => {
    for (let eventId = waiting.shift(); eventId !== undefined; eventId = waiting.shift()) {
      const rows = await ledger.byEvent(tenantId, eventId);
      causes.set(eventId, { eventId, eventType: rows[0]?.eventType ?? null, records: rows.map(readAt) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lookUp));
  return causes;
}
