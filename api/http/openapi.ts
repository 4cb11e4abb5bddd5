import { catalog } from '@millrace/events';
import { z } from 'zod';
import type { EventRegistry } from '../deps';
import { rolesFor } from './policy';
import { type ProblemCode, problemCodes, problemSchema } from './problem';
import type { Route } from './route';

type Json = { readonly [key: string]: unknown };

/** Every operation may answer these. */
const everywhere: readonly ProblemCode[] = ['timed-out', 'internal'];
const guarded: readonly ProblemCode[] = ['unauthenticated', 'role-missing', 'keys-unavailable'];

/** OpenAPI 3.1, written from the same list that is mounted: it cannot say anything else than what is served. */
export function openApiDocument(routes: readonly Route[], { definitions }: Pick<EventRegistry, 'definitions'>): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version: '1',
      description: 'Emit events, read what the workflows made of them, decide where one is stuck.',
    },
    tags: ['events', 'workflows', 'operator', 'platform'].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: schemaOf(problemSchema, 'output'), ...eventSchemas(definitions) },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Claims: `roles` and `tenants`' },
      },
    },
  };
}

/** `/v1/workflows/:id` in Express is `/v1/workflows/{id}` here. */
export const templateOf = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

function operationOf(route: Route): Json {
  const allowed = rolesFor(route.operationId);
  const parameters = [
    ...parametersOf(route.params, 'path'),
    ...parametersOf(route.query, 'query'),
    ...parametersOf(route.headers, 'header'),
  ];
  const content = route.content ?? (route.body === undefined ? undefined : { 'application/json': route.body });
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, allowed === 'public' ? undefined : `Roles: ${allowed.join(' or ')}.`]
      .filter((part) => part !== undefined)
      .join('\n\n'),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(content === undefined ? {} : { requestBody: { required: true, content: contentOf(content) } }),
    responses: responsesOf(route),
    security: allowed === 'public' ? [] : [{ bearer: [] }],
  };
}

function parametersOf(schema: z.ZodObject | undefined, place: 'path' | 'query' | 'header'): Json[] {
  if (schema === undefined) return [];
  return Object.entries(schema.shape).map(([name, type]) => {
    const { description, ...rest } = schemaOf(type, 'input');
    const required = place === 'path' || !z.safeParse(type, undefined).success;
    return { name, in: place, required, ...(description === undefined ? {} : { description }), schema: rest };
  });
}

const contentOf = (content: Readonly<Record<string, z.ZodType>>): Json =>
  Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema: schemaOf(schema, 'input') }]));

function responsesOf(route: Route): Json {
  const responses: Record<string, unknown> = {};
  for (const [status, { description, schema, type = 'application/json' }] of Object.entries(route.replies)) {
    const content = schema === undefined ? {} : { content: { [type]: { schema: schemaOf(schema, 'output') } } };
    responses[status] = { description, ...content };
  }
  const codes = [...route.problems, ...(rolesFor(route.operationId) === 'public' ? [] : guarded), ...everywhere];
  for (const [status, description] of titlesByStatus(codes)) {
    responses[status] ??= {
      description,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return responses;
}

function titlesByStatus(codes: readonly ProblemCode[]): ReadonlyMap<string, string> {
  const titles = new Map<string, string>();
  for (const code of new Set(codes)) {
    const { status, title } = problemCodes[code];
    const before = titles.get(String(status));
    titles.set(String(status), `${before === undefined ? '' : `${before}; `}\`${code}\`: ${title}`);
  }
  return titles;
}

/** Data of every event as a producer writes it, newest version and those that are still read: `OrderPlaced.1.1`. */
function eventSchemas(definitions: EventRegistry['definitions']): Json {
  const schemas: Record<string, unknown> = {};
  for (const { type, description, topic, aggregateType, aggregateIdField, latest, older } of catalog(definitions)) {
    const places = [
      topic === null ? [] : `Topic: ${topic}.`,
      aggregateType === null ? [] : `Aggregate: ${aggregateType}.`,
      aggregateIdField === null ? [] : `\`${aggregateIdField}\` is the aggregateId.`,
    ];
    schemas[`${type}.${latest.version}`] = { description: [description, ...places.flat()].join(' '), ...latest.data };
    for (const { version, data } of older) {
      schemas[`${type}.${version}`] = { description: `Older: lifted to ${latest.version}.`, ...data };
    }
  }
  return schemas;
}

function schemaOf(schema: z.core.$ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return json;
}
