import { z } from 'zod';
import { DEAD_LETTER_CODES } from '../../store/dead-letter-codes';
import type { ApiStore } from '../deps';
import { tenantToRead } from '../http/principal';
import { Problem } from '../http/problem';
import { type Route, route } from '../http/route';
import { text } from '../http/text';
import { given, pageOf, pageParameters, storePage, tenantParameter } from '../reads/paging';
import { deadLetterOf, deadLetterParameter, deadLetterSchema, deadLetterView } from './dead-letter-view';

interface Deps {
  readonly store: ApiStore;
}

export const listDeadLetters = ({ store }: Deps): Route =>
  route({
    operationId: 'listDeadLetters',
    method: 'get',
    path: '/v1/dead-letters',
    tag: 'operator',
    summary: 'Events that were given up, with their causes',
    query: z.strictObject({
      topic: text(300).optional().describe('The original or the dead-letter topic'),
      cause: text(200).optional().describe('One that the platform gives, or that a letter has'),
      ...tenantParameter,
      ...pageParameters,
    }),
    replies: { 200: { description: 'One page', schema: pageOf(deadLetterSchema) } },
    problems: ['invalid-request', 'not-found', 'store-unavailable'],
    handle: async ({ principal, query }) => {
      const { topic, cause } = query;
      const tenantId = tenantToRead(principal, query.tenant);
      const { items, next } = await store.deadLetters.list(given({ topic, cause, tenantId }), storePage(query));
      if (items.length === 0 && cause !== undefined) assertCause(cause);
      return { status: 200, body: { items: items.map(deadLetterView), next } };
    },
  });

const causes: readonly string[] = DEAD_LETTER_CODES;

/** Services have causes of their own: one that nobody knows and no letter has is a mistake of the caller. */
function assertCause(cause: string): void {
  if (causes.includes(cause)) return;
  const detail = `is not a cause; those of the platform are ${causes.join(', ')}`;
  throw new Problem(
    'invalid-request',
    'None of the dead letters asked for has this cause, and the platform does not give it.',
    {
      errors: [{ parameter: 'cause', code: 'unknown-value', detail }],
    },
  );
}

const recordSchema = deadLetterSchema.extend({
  headers: z.record(z.string(), z.string()),
  value: z
    .object({ encoding: z.enum(['utf8', 'base64']), content: z.string() })
    .nullable()
    .describe('The record as it was; base64 when it is no text'),
});

export const getDeadLetter = ({ store }: Deps): Route =>
  route({
    operationId: 'getDeadLetter',
    method: 'get',
    path: '/v1/dead-letters/:id',
    tag: 'operator',
    summary: 'A dead letter with its record',
    params: deadLetterParameter,
    replies: { 200: { description: 'The letter', schema: recordSchema } },
    problems: ['invalid-request', 'not-found', 'store-unavailable'],
    handle: async ({ principal, params }) => {
      const letter = await deadLetterOf(store, params.id, principal);
      const { headers, value } = letter;
      return { status: 200, body: { ...deadLetterView(letter), headers, value: value === null ? null : shown(value) } };
    },
  });

function shown(value: Buffer) {
  try {
    return { encoding: 'utf8', content: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value) };
  } catch {
    return { encoding: 'base64', content: value.toString('base64') };
  }
}
