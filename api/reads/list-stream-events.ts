import { z } from 'zod';
import { type Route, route } from '../http/route';
import { workflowIdParameter } from './get-workflow';
import type { ReadDeps } from './list-workflows';
import { pageOf, pageParameters } from './paging';
import { streamOf } from './stream-of';
import { transitionSchema, transitionView } from './transition-view';

export const listStreamEvents = ({ store }: Pick<ReadDeps, 'store'>): Route =>
  route({
    operationId: 'listStreamEvents',
    method: 'get',
    path: '/v1/streams/:id/events',
    tag: 'workflows',
    summary: "The events of one subject's stream in version order",
    params: workflowIdParameter,
    query: z.strictObject({
      ...pageParameters,
      cursor: z.coerce
        .number()
        .int()
        .min(0)
        .default(0)
        .describe('`next` of the page before: the version to go on after'),
    }),
    replies: { 200: { description: 'One page', schema: pageOf(transitionSchema) } },
    problems: ['invalid-request', 'not-found', 'store-unavailable'],
    handle: async ({ principal, params, query: { limit, cursor } }) => {
      const { subject, version } = await streamOf(store, params.id, principal);
      const items = await store.streams.transitions(subject, cursor, limit);
      const last = items.at(-1)?.version ?? version;
      return { status: 200, body: { items: items.map(transitionView), next: last < version ? String(last) : null } };
    },
  });
