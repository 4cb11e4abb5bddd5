import { z } from 'zod';
import type { ApiDeps, ApiStore } from '../deps';
import { tenantToRead } from '../http/principal';
import { Problem } from '../http/problem';
import { type Route, route } from '../http/route';
import { text } from '../http/text';
import { given, pageOf, pageParameters, storePage, tenantParameter } from './paging';
import { type Linking, workflowSchema, workflowView } from './workflow-view';

export interface ReadDeps extends Linking {
  readonly store: ApiStore;
  readonly workflows: ApiDeps['workflows'];
}

export const listWorkflows = ({ store, workflows, ...linking }: ReadDeps): Route =>
  route({
    operationId: 'listWorkflows',
    method: 'get',
    path: '/v1/workflows',
    tag: 'workflows',
    summary: 'Workflows by kind, stage, status and tenant, newest update first',
    query: z.strictObject({
      target: text(200).optional().describe('Kind of saga or journey: orderSaga'),
      type: text(200).optional().describe('The same as target'),
      stage: text(200).optional().describe(stagesOf(workflows)),
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
      if (items.length === 0) assertKnown(query, workflows);
      return { status: 200, body: { items: items.map((row) => workflowView(row, linking)), next } };
    },
  });

const stagesOf = (workflows: ReadDeps['workflows']): string =>
  workflows.map(({ target, stages }) => `${target}: ${stages.join(', ')}`).join('; ');

type Asked = Readonly<Partial<Record<'target' | 'type' | 'stage' | 'state', string | undefined>>>;

/** The store may hold workflows of an older version: only a name that no contract and no stream has is a mistake of the caller. */
function assertKnown(asked: Asked, workflows: ReadDeps['workflows']): void {
  const { target = asked.type, stage = asked.state } = asked;
  const meant = workflows.filter((workflow) => target === undefined || workflow.target === target);
  if (target !== undefined && meant.length === 0) {
    const detail = `is not a kind of workflow; there are ${workflows.map((workflow) => workflow.target).join(', ')}`;
    throw unknownValue(asked.target === undefined ? 'type' : 'target', detail);
  }
  if (stage !== undefined && !meant.some(({ stages }) => stages.includes(stage))) {
    throw unknownValue(asked.stage === undefined ? 'state' : 'stage', `is not a stage; there are ${stagesOf(meant)}`);
  }
}

const unknownValue = (parameter: keyof Asked, detail: string): Problem =>
  new Problem('invalid-request', 'No workflow is there, and by this filter none can be.', {
    errors: [{ parameter, code: 'unknown-value', detail }],
  });
