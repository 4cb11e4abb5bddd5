import { z } from 'zod';
import type { ParkedLane } from '../../store/types';
import { speaksFor, tenantToRead } from '../http/principal';
import { type Route, route } from '../http/route';
import type { ReadDeps } from './list-workflows';
import { pageOf, pageParameters, storePage, tenantParameter } from './paging';

const parkedSchema = z.object({
  id: z.string().describe('The subject'),
  target: z.string(),
  tenantId: z.string(),
  key: z.string(),
  cause: z.enum(['early', 'start-missing', 'workflow-gone', 'blocked', 'refused', 'machine-failed']),
  parkedAt: z.string(),
  events: z.int().describe('How many wait'),
  host: z
    .string()
    .nullable()
    .describe('The host workflow that runs the subject; null if it has a workflow of its own, or no place yet'),
  message: z.string().nullable().describe('`machine-failed`: what the machine threw; null with other causes'),
});

/** The store lists lanes of all tenants: so many of its pages are looked through for one page of one tenant. */
const mostPages = 20;

export const listParked = ({ store }: Pick<ReadDeps, 'store'>): Route =>
  route({
    operationId: 'listParked',
    method: 'get',
    path: '/v1/parked',
    tag: 'operator',
    summary: 'Parked lanes, oldest first: their events cannot be delivered yet',
    description: 'A page may be short, even empty, while `next` says that there is more.',
    query: z.strictObject({ ...tenantParameter, ...pageParameters }),
    replies: { 200: { description: 'One page', schema: pageOf(parkedSchema) } },
    problems: ['invalid-request', 'not-found', 'store-unavailable'],
    handle: async ({ principal, query }) => {
      const tenantId = tenantToRead(principal, query.tenant);
      const mine = (lane: ParkedLane) =>
        speaksFor(principal, lane.tenantId) && (tenantId === undefined || lane.tenantId === tenantId);
      const items: ParkedLane[] = [];
      let next: string | null = query.cursor ?? null;
      for (let page = 0; page < mostPages && items.length < query.limit; page++) {
        const cursor: string | undefined = next ?? undefined;
        const found = await store.parking.list(storePage({ limit: query.limit - items.length, cursor }));
        items.push(...found.items.filter(mine));
        next = found.next;
        if (next === null) break;
      }
      return { status: 200, body: { items: items.map(parkedView), next } };
    },
  });

const parkedView = ({ subject, host, message, ...lane }: ParkedLane): z.infer<typeof parkedSchema> => {
  const { target, tenantId, key, cause, parkedAt, events } = lane;
  const why = { cause, host: host ?? null, message: message ?? null };
  return { id: subject, target, tenantId, key, ...why, parkedAt, events };
};
