import { z } from 'zod';
import type { StreamRow } from '../../store/types';

export const workflowSchema = z.object({
  id: z.string().describe('The subject: <target>/<tenantId>/<key>. URL-encode it to put it into a path'),
  target: z.string(),
  tenantId: z.string(),
  key: z.string(),
  status: z.enum(['open', 'closed']),
  stage: z.string(),
  version: z.int().describe('Of the last transition'),
  deadline: z.string().nullable().describe('Until when it may stay in this stage'),
  correlationId: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  links: z.object({
    self: z.string(),
    events: z.string(),
    webUi: z.string().optional().describe('Its workflow in the Temporal Web UI; of a pooled journey, its host'),
  }),
});

export interface Linking {
  readonly webUiUrl?: string | undefined;
  readonly namespace: string;
}

export function workflowView(row: StreamRow, linking: Linking): z.infer<typeof workflowSchema> {
  const { target, tenantId, key, status, stage, version, deadline, correlationId, createdAt, updatedAt } = row;
  return {
    id: row.subject,
    ...{ target, tenantId, key, status, stage, version, deadline, correlationId, createdAt, updatedAt },
    links: linksOf(row, linking),
  };
}

/** A pooled subject's chain is its host's workflow id, which has a slash; a run id has none. */
const workflowIdOf = ({ subject, chain }: StreamRow): string => (chain.includes('/') ? chain : subject);

function linksOf(row: StreamRow, { webUiUrl, namespace }: Linking) {
  const { subject } = row;
  const id = encodeURIComponent(subject);
  const links = { self: `/v1/workflows/${id}`, events: `/v1/streams/${id}/events` };
  if (webUiUrl === undefined) return links;
  return {
    ...links,
    webUi: `${webUiUrl.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowIdOf(row))}`,
  };
}
