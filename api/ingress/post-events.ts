import type { IncomingHttpHeaders } from 'node:http';
import { validTraceparent } from '@millrace/events';
import { z } from 'zod';
import type { ApiDeps, Limits } from '../deps';
import { Problem } from '../http/problem';
import { type Route, route } from '../http/route';
import { admit } from './admit';
import { complete } from './complete';
import { batchOf, cloudEventSchema, envelopeSchema } from './event-schemas';
import { mediaTypes, parcelsOf } from './parcels';
import { type Sent, sendAll } from './send';

const acceptedSchema = z.object({
  eventId: z.string(),
  eventType: z.string(),
  eventVersion: z.string().describe('The version it was lifted to'),
  tenantId: z.string(),
  aggregateId: z.string(),
  correlationId: z.string(),
  topic: z.string(),
  partition: z.int(),
  offset: z.string().describe('A decimal number, as a string'),
});

export interface IngressDeps extends Pick<ApiDeps, 'publisher' | 'registry' | 'logger'> {
  readonly now: () => Date;
  readonly limits: Limits;
}

const description = `Takes our envelope or a CloudEvent (structured, or binary with \`ce-\` headers), one or a batch.
Missing \`eventId\`, \`eventTime\`, \`correlationId\` and \`aggregateType\` are filled in. With \`Idempotency-Key\` the ids that are filled in
come out the same for the same tenant, key and place in the batch, so a repeat takes no effect twice.
A batch is sent whole or, with one bad event in it, not at all. The answer names the fields at fault: up to 20 of an
event and 100 of a batch, shared out among its bad events.`;

export function postEvents(deps: IngressDeps): Route {
  const { limits } = deps;
  return route({
    operationId: 'postEvents',
    method: 'post',
    path: '/v1/events',
    tag: 'events',
    summary: 'Publish one event or a batch',
    description,
    headers: z.object({
      'idempotency-key': z.string().min(1).max(255).optional(),
      traceparent: z.string().optional().describe('W3C trace context; travels with the events'),
    }),
    content: {
      [mediaTypes.envelope]: z.union([envelopeSchema, batchOf(envelopeSchema, limits.batchEvents)]),
      [mediaTypes.structured]: cloudEventSchema,
      [mediaTypes.batch]: batchOf(cloudEventSchema, limits.batchEvents),
    },
    replies: {
      202: {
        description: 'Kafka has acknowledged all of them',
        schema: z.object({ accepted: z.array(acceptedSchema) }),
      },
    },
    problems: [
      'malformed-json',
      'invalid-request',
      'tenant-not-allowed',
      'platform-only-event',
      'too-large',
      'unsupported-media-type',
      'unknown-event-type',
      'unknown-event-version',
      'invalid-event',
      'kafka-unavailable',
    ],
    handle: async ({ id, headers, principal, raw }) => {
      const filling = { now: deps.now(), idempotencyKey: idempotencyKey(headers) };
      const arrivals = parcelsOf(headers, raw, limits).map((parcel) => ({ parcel, ...complete(parcel, filling) }));
      const traceparent = validTraceparent(headers['traceparent']?.toString());
      const admission = { registry: deps.registry, principal, maxBytes: limits.eventBytes, traceparent };
      const admitted = admit(arrivals, admission);
      const sent = await sendAll(admitted, deps.publisher, limits);
      for (const { event } of sent) {
        const { eventId, eventType, correlationId } = event;
        deps.logger.info({ requestId: id, eventId, eventType, correlationId }, 'event accepted');
      }
      return { status: 202, body: { accepted: sent.map(accepted) } };
    },
  });
}

function accepted({ event, place }: Sent): z.infer<typeof acceptedSchema> {
  const { eventId, eventType, eventVersion, tenantId, aggregateId, correlationId } = event;
  const { topic, partition, offset } = place;
  return {
    eventId,
    eventType,
    eventVersion,
    tenantId,
    aggregateId,
    correlationId,
    topic,
    partition,
    offset: offset.toString(),
  };
}

/** Bare, or quoted as the IETF draft writes it. */
function idempotencyKey(headers: IncomingHttpHeaders): string | undefined {
  const header = headers['idempotency-key'];
  if (header === undefined) return undefined;
  const key = String(header).replace(/^"(.*)"$/, '$1');
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem('invalid-request', 'The Idempotency-Key is no key.', {
    errors: [{ parameter: 'Idempotency-Key', code: 'format', detail: 'has to be 1 to 255 visible ASCII characters' }],
  });
}
