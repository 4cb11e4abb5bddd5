import type { IncomingRecord } from '@millrace/kafka';
import type { LedgerRow, LedgerVerdict } from '../../store/types';
import type { Plan } from './plan';

type Entry = Pick<LedgerRow, 'eventId' | 'eventType' | 'tenantId' | 'readAt'> & {
  readonly verdicts: Map<string | null, { verdict: LedgerVerdict; cause?: string | undefined }>;
};

/** Keeps what is known of each record between reading and committing, then forgets it. */
export interface LedgerBook {
  open(record: IncomingRecord, plan: Plan, readAt: string): void;
  /** The last word on a subject replaces earlier ones: a batch may be settled in several tries. */
  note(record: IncomingRecord, subject: string | null, verdict: LedgerVerdict, cause?: string): void;
  rows(records: readonly IncomingRecord[]): LedgerRow[];
}

/** Entries hang on the records themselves: those of a partition that was taken away go with them. */
export function createLedgerBook(): LedgerBook {
  const entries = new WeakMap<IncomingRecord, Entry>();
  return {
    open(record, plan, readAt) {
      const { eventId, eventType, tenantId } = plan.kind === 'deliver' ? plan.event : plan;
      entries.set(record, { eventId, eventType, tenantId, readAt, verdicts: new Map() });
    },
    note(record, subject, verdict, cause) {
      entries.get(record)?.verdicts.set(subject, { verdict, cause });
    },
    rows(records) {
      return records.flatMap((record) => {
        const entry = entries.get(record);
        if (entry === undefined) return [];
        const { topic, partition, offset } = record;
        const { verdicts, ...known } = entry;
        return [
          {
            topic,
            partition,
            offset: String(offset),
            ...known,
            verdicts: [...verdicts].map(([subject, { verdict, cause }]) => ({
              subject,
              verdict,
              ...(cause === undefined ? {} : { cause }),
            })),
          },
        ];
      });
    },
  };
}
