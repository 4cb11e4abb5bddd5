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
    webUi: z.string().optional().describe('The same workflow in the Temporal Web UI'),
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
    links: linksOf(row.subject, linking),
  };
}

function linksOf(subject: string, { webUiUrl, namespace }: Linking) {
  const id = encodeURIComponent(subject);
  const links = { self: `/v1/workflows/${id}`, events: `/v1/streams/${id}/events` };
  if (webUiUrl === undefined) return links;
  return {
    ...links,
    webUi: `${webUiUrl.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${id}`,
  };
}
