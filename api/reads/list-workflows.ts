import { z } from 'zod';
import type { ApiStore } from '../deps';
import { tenantToRead } from '../http/principal';
import { type Route, route } from '../http/route';
import { text } from '../http/text';
import { given, pageOf, pageParameters, storePage, tenantParameter } from './paging';
import { type Linking, workflowSchema, workflowView } from './workflow-view';

export interface ReadDeps extends Linking {
  readonly store: ApiStore;
}

export const listWorkflows = ({ store, ...linking }: ReadDeps): Route =>
  route({
    operationId: 'listWorkflows',
    method: 'get',
    path: '/v1/workflows',
    tag: 'workflows',
    summary: 'Workflows by kind, stage, status and tenant, newest update first',
    query: z.strictObject({
      target: text(200).optional().describe('Kind of saga or journey: orderSaga'),
      type: text(200).optional().describe('The same as target'),
      stage: text(200).optional(),
      state: text(200).optional().describe('The same as stage'),
      status: z.enum(['open', 'closed']).optional(),
      ...tenantParameter,
      ...pageParameters,
    }),
    replies: { 200: { description: 'One page', schema: pageOf(workflowSchema) } },
    problems: ['invalid-request', 'not-found', 'store-unavailable'],
    handle: async ({ principal, query }) => {
      const { target = query.type, stage = query.state, status } = query;
      const tenantId = tenantToRead(principal, query.tenant);
      const { items, next } = await store.streams.list(given({ target, stage, status, tenantId }), storePage(query));
      return { status: 200, body: { items: items.map((row) => workflowView(row, linking)), next } };
    },
  });
