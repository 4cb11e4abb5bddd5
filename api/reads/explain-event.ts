import { z } from 'zod';
import type { LedgerRow, LedgerVerdict, Transition } from '../../store/types';
import type { ApiStore } from '../deps';
import { oneTenantToRead } from '../http/principal';
import { notFound } from '../http/problem';
import { type Route, route } from '../http/route';
import { text } from '../http/text';
import { readAt, readAtSchema } from './causes';
import type { ReadDeps } from './list-workflows';
import { tenantParameter } from './paging';

const verdictSchema = z.enum(['delivered', 'ignored', 'parked', 'late', 'duplicate', 'dead']);

const outcomeSchema = z.object({
  id: z.string().describe('The subject'),
  outcome: z
    .enum(['taken', 'late', 'parked', 'on-its-way', 'ignored', 'dead'])
    .describe('taken: its workflow has recorded that it met it. on-its-way: handed over, not recorded yet'),
  stage: z.string().nullable().describe('Where the workflow stands now; null if it has not started'),
  transitions: z
    .array(z.object({ version: z.int(), from: z.string().nullable(), to: z.string() }))
    .describe('What it moved; empty for an event that moved nothing'),
});

const explanationSchema = z.object({
  eventId: z.string(),
  tenantId: z.string(),
  eventType: z.string().nullable(),
  records: z
    .array(
      readAtSchema.extend({
        verdicts: z.array(
          z.object({ subject: z.string().nullable(), verdict: verdictSchema, cause: z.string().optional() }),
        ),
      }),
    )
    .describe('Every record with this event id that the bridge read, and where it went'),
  subjects: z.array(outcomeSchema),
});

export const explainEvent = ({ store }: Pick<ReadDeps, 'store'>): Route =>
  route({
    operationId: 'explainEvent',
    method: 'get',
    path: '/v1/events/:eventId',
    tag: 'events',
    summary: 'What became of an event: where it was read, and what it did to each subject',
    description: '404 until the bridge has read it.',
    params: z.strictObject({ eventId: text(200) }),
    query: z.strictObject(tenantParameter),
    replies: { 200: { description: 'The explanation', schema: explanationSchema } },
    problems: ['invalid-request', 'not-found', 'store-unavailable'],
    handle: async ({ principal, params: { eventId }, query }) => {
      const tenantId = oneTenantToRead(principal, query.tenant);
      const rows = await store.ledger.byEvent(tenantId, eventId);
      const [first] = rows;
      if (first === undefined) throw notFound('event, or no bridge has read it yet');
      const subjects = await Promise.all(
        [...verdictsBySubject(rows)].map(([subject, verdicts]) => outcomeOf(store, subject, eventId, verdicts)),
      );
      const records = rows.map((row) => ({ ...readAt(row), verdicts: row.verdicts }));
      return { status: 200, body: { eventId, tenantId, eventType: first.eventType, records, subjects } };
    },
  });

function verdictsBySubject(rows: readonly LedgerRow[]): ReadonlyMap<string, readonly LedgerVerdict[]> {
  const bySubject = new Map<string, LedgerVerdict[]>();
  for (const { subject, verdict } of rows.flatMap((row) => row.verdicts)) {
    if (subject === null) continue;
    const verdicts = bySubject.get(subject) ?? [];
    verdicts.push(verdict);
    bySubject.set(subject, verdicts);
  }
  return bySubject;
}

/** The store knows better than the ledger, which says what the bridge did when it read the record. */
async function outcomeOf(
  store: ApiStore,
  subject: string,
  eventId: string,
  verdicts: readonly LedgerVerdict[],
): Promise<z.infer<typeof outcomeSchema>> {
  const [row, consumed, parked] = await Promise.all([
    store.streams.get(subject),
    store.streams.verdict(subject, eventId),
    store.parking.parked([subject]),
  ]);
  const stage = row?.stage ?? null;
  if (consumed !== 'duplicate') {
    return { id: subject, stage, transitions: [], outcome: notTaken(verdicts, parked.has(subject)) };
  }
  const late = (await store.streams.late(subject)).some((event) => event.eventId === eventId);
  const transitions = late ? [] : await movedBy(store, subject, eventId);
  return { id: subject, stage, transitions, outcome: late ? 'late' : 'taken' };
}

function notTaken(verdicts: readonly LedgerVerdict[], laneIsParked: boolean) {
  if (verdicts.includes('parked') && laneIsParked) return 'parked';
  if (verdicts.includes('dead')) return 'dead';
  if (verdicts.every((verdict) => verdict === 'ignored')) return 'ignored';
  return 'on-its-way';
}

const pageSize = 500;
const mostPages = 20;

/** One event may have caused several moves, so the whole stream is looked through. */
async function movedBy(store: ApiStore, subject: string, eventId: string) {
  const moved: Pick<Transition, 'version' | 'from' | 'to'>[] = [];
  let after = 0;
  for (let page = 0; page < mostPages; page++) {
    const transitions = await store.streams.transitions(subject, after, pageSize);
    for (const { causes, version, from, to } of transitions)
      if (causes.includes(eventId)) moved.push({ version, from, to });
    after = transitions.at(-1)?.version ?? after;
    if (transitions.length < pageSize) break;
  }
  return moved;
}
