import { z } from 'zod';
import type { DeliveredEvent, StreamRow, Transition } from '../../store/types';
import { type Route, route } from '../http/route';
import { text } from '../http/text';
import { type Cause, causeSchema, resolveCauses } from './causes';
import type { ReadDeps } from './list-workflows';
import { streamOf } from './stream-of';
import { transitionSchema, transitionView } from './transition-view';
import { workflowSchema, workflowView } from './workflow-view';

/** Longer histories are read page by page, from the stream. */
const newestTransitions = 200;

const lateSchema = z.object({
  eventId: z.string(),
  eventType: z.string(),
  eventTime: z.string(),
  source: z
    .object({ topic: z.string(), partition: z.int(), offset: z.string(), redriveCount: z.int().optional() })
    .optional(),
});

const detailSchema = workflowSchema.extend({
  state: z.unknown().describe('After the last transition'),
  machineVersion: z.int(),
  runChain: z.string().describe("The workflow's first execution run id in Temporal"),
  history: z.array(transitionSchema.extend({ causes: z.array(causeSchema) })).describe('Oldest first'),
  historyTruncated: z.boolean().describe('Then only the newest are here; links.events has all'),
  late: z.array(lateSchema).describe('Events that came after the close'),
  parked: z.boolean().describe('Its lane is stopped: events wait in the store (/v1/parked)'),
});

export const workflowIdParameter = z.strictObject({
  id: text(1_000).describe('The subject, URL-encoded: orderSaga%2Facme%2F4711'),
});

export const getWorkflow = ({ store, ...linking }: ReadDeps): Route =>
  route({
    operationId: 'getWorkflow',
    method: 'get',
    path: '/v1/workflows/:id',
    tag: 'workflows',
    summary: 'Where a workflow stands, how it came there, and which events moved it',
    params: workflowIdParameter,
    replies: { 200: { description: 'State and history', schema: detailSchema } },
    problems: ['invalid-request', 'not-found', 'store-unavailable'],
    handle: async ({ principal, params }) => {
      const row = await streamOf(store, params.id, principal);
      const after = Math.max(0, row.version - newestTransitions);
      const [history, late, parked] = await Promise.all([
        store.streams.transitions(row.subject, after, newestTransitions),
        store.streams.late(row.subject),
        store.parking.parked([row.subject]),
      ]);
      const eventIds = history.flatMap(({ causes }) => causes);
      const causes = await resolveCauses(store.ledger, row.tenantId, eventIds);
      const body: z.infer<typeof detailSchema> = {
        ...workflowView(row, linking),
        ...stateOf(row),
        history: history.map((transition) => withCauses(transition, causes)),
        historyTruncated: after > 0,
        late: late.map(lateView),
        parked: parked.has(row.subject),
      };
      return { status: 200, body };
    },
  });

const stateOf = ({ state, machineVersion, chain }: StreamRow) => ({ state, machineVersion, runChain: chain });

const withCauses = (transition: Transition, causes: ReadonlyMap<string, Cause>) => ({
  ...transitionView(transition),
  causes: transition.causes.map((eventId) => causes.get(eventId) ?? { eventId, eventType: null, records: [] }),
});

const lateView = ({ eventId, eventType, eventTime, source }: DeliveredEvent): z.infer<typeof lateSchema> => ({
  eventId,
  eventType,
  eventTime,
  ...(source === undefined ? {} : { source }),
});
