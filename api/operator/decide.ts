import { encodeEvent, newEvent, OperatorDecided } from '@millrace/events';
import { v5 } from 'uuid';
import { z } from 'zod';
import type { StreamRow } from '../../store/types';
import { Problem } from '../http/problem';
import { type Route, route } from '../http/route';
import { acknowledged } from '../ingress/send';
import { workflowIdParameter } from '../reads/get-workflow';
import { streamOf } from '../reads/stream-of';
import type { OperatorDeps } from './redrive';

/** Namespace of the ids of decisions. Never change it: a repeated decision would count as another one. */
const DECISION_NAMESPACE = '0d7f3a0e-6c38-5b0a-9d6b-2f6d3f1c4e55';

const decisionSchema = z.strictObject({
  decision: z.enum(['retry', 'give-up']),
  stuckVersion: z.int().min(1).describe('The version of the stuck transition that is answered'),
  note: z.string().max(2_000).optional(),
});

export const decide = ({ store, publisher, logger, limits, now }: OperatorDeps): Route =>
  route({
    operationId: 'decide',
    method: 'post',
    path: '/v1/workflows/:id/decisions',
    tag: 'operator',
    summary: 'Decide how a stuck saga goes on',
    description:
      'Published as OperatorDecided, under an id made of subject, version and decision: a repeat takes no effect.',
    params: workflowIdParameter,
    body: decisionSchema,
    replies: {
      202: {
        description: 'Kafka has acknowledged the decision; the saga answers it with its next transitions',
        schema: z.object({ eventId: z.string(), topic: z.string(), partition: z.int(), offset: z.string() }),
      },
    },
    problems: [
      'malformed-json',
      'invalid-request',
      'not-found',
      'not-stuck',
      'stuck-version-passed',
      'kafka-unavailable',
      'store-unavailable',
    ],
    handle: async ({ id, principal, params, body }) => {
      const row = await streamOf(store, params.id, principal);
      assertStuck(row, body.stuckVersion);
      const [stuck] = await store.streams.transitions(row.subject, row.version - 1, 1);
      const event = newEvent(OperatorDecided, {
        eventId: v5(JSON.stringify([row.subject, body.stuckVersion, body.decision]), DECISION_NAMESPACE),
        eventTime: now().toISOString(),
        tenantId: row.tenantId,
        aggregateId: row.key,
        correlationId: row.correlationId,
        causationId: stuck?.transitionId,
        data: { target: row.target, key: row.key, operator: principal.subject, ...body },
      });
      const { topic, partition, offset } = await acknowledged(
        publisher.publishRecord(encodeEvent(event, OperatorDecided)),
        limits,
      );
      const facts = { requestId: id, operator: principal.subject, subject: row.subject, eventId: event.eventId };
      logger.info({ ...facts, decision: body.decision, stuckVersion: body.stuckVersion }, 'operator decided');
      return { status: 202, body: { eventId: event.eventId, topic, partition, offset: offset.toString() } };
    },
  });

/** The saga checks again when the decision arrives: this answer is for the person who decides. */
function assertStuck({ stage, status, version }: StreamRow, stuckVersion: number): void {
  if (status === 'closed' || stage !== 'stuck') throw new Problem('not-stuck', `It is ${status}, in stage ${stage}.`);
  if (version !== stuckVersion) {
    throw new Problem('stuck-version-passed', `It is stuck at version ${version}; look again, then decide.`);
  }
}
