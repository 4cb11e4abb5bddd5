import type { DeadLetter, DeliveredEvent, LedgerRow, ParkedLane, StreamRow, Transition } from '../../store/types';
import type { ApiStore } from '../deps';

/** What a test puts into the store; cursors are plain indexes. */
export interface MemoryStore extends ApiStore {
  readonly rows: StreamRow[];
  readonly history: Map<string, Transition[]>;
  readonly lateEvents: Map<string, DeliveredEvent[]>;
  readonly consumed: Set<string>;
  readonly lanes: ParkedLane[];
  readonly read: (LedgerRow & { readonly eventId: string })[];
  readonly letters: DeadLetter[];
}

export const consumedBy = (subject: string, eventId: string): string => `${subject}#${eventId}`;

export function memoryStore(): MemoryStore {
  const rows: StreamRow[] = [];
  const history = new Map<string, Transition[]>();
  const lateEvents = new Map<string, DeliveredEvent[]>();
  const consumed = new Set<string>();
  const lanes: ParkedLane[] = [];
  const read: (LedgerRow & { readonly eventId: string })[] = [];
  const letters: DeadLetter[] = [];
  const streamOf = (subject: string) => rows.find((row) => row.subject === subject);
  return {
    ...{ rows, history, lateEvents, consumed, lanes, read, letters },
    streams: {
      get: async (subject) => streamOf(subject),
      list: async ({ target, stage, status, tenantId }, page) => {
        const fits = (row: StreamRow) =>
          [
            [target, row.target],
            [stage, row.stage],
            [status, row.status],
            [tenantId, row.tenantId],
          ].every(([asked, is]) => asked === undefined || asked === is);
        return pageOf(rows.filter(fits), page);
      },
      transitions: async (subject, after = 0, limit = 1_000) =>
        (history.get(subject) ?? []).filter(({ version }) => version > after).slice(0, limit),
      late: async (subject) => lateEvents.get(subject) ?? [],
      verdict: async (subject, eventId) => {
        if (consumed.has(consumedBy(subject, eventId))) return 'duplicate';
        return streamOf(subject)?.status ?? 'no-stream';
      },
    },
    parking: {
      list: async (page) => pageOf(lanes, page),
      parked: async (subjects) =>
        new Set(lanes.map(({ subject }) => subject).filter((subject) => subjects.includes(subject))),
    },
    ledger: {
      byEvent: async (tenantId, eventId) => read.filter((row) => row.tenantId === tenantId && row.eventId === eventId),
    },
    deadLetters: {
      list: async ({ tenantId, topic, cause }, page) =>
        pageOf(
          letters.filter(
            (letter) =>
              (tenantId === undefined || letter.tenantId === tenantId) &&
              (topic === undefined || letter.originalTopic === topic) &&
              (cause === undefined || letter.cause === cause),
          ),
          page,
        ),
      get: async (id) => letters.find((letter) => letter.id === id),
      markRedriven: async (id) => {
        const at = letters.findIndex((letter) => letter.id === id);
        const letter = letters[at];
        if (letter !== undefined) letters[at] = { ...letter, redriveCount: letter.redriveCount + 1 };
      },
    },
  };
}

function pageOf<T>(items: readonly T[], { limit, cursor }: { limit: number; cursor?: string }) {
  const from = Number(cursor ?? 0);
  const next = from + limit;
  return { items: items.slice(from, next), next: next < items.length ? String(next) : null };
}
