import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { OperationId } from './policy';
import type { Principal } from './principal';
import { type FieldError, Problem, type ProblemCode } from './problem';

/** A request as routes see it: authenticated, its body read but not looked into. */
export interface RouteRequest {
  readonly id: string;
  readonly principal: Principal;
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: IncomingHttpHeaders;
  /** Empty without one. */
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  /** Sent as it is, in place of JSON. */
  readonly text?: { readonly type: string; readonly content: string };
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ReplySpec {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Media type, where it is not application/json. */
  readonly type?: string;
}

/** A route as data: the app is mounted from it and the OpenAPI document is written from it. */
export interface RouteSpec {
  readonly operationId: OperationId;
  readonly method: 'get' | 'post';
  /** As Express writes it: `/v1/workflows/:id`. */
  readonly path: string;
  readonly tag: 'events' | 'workflows' | 'operator' | 'platform';
  readonly summary: string;
  readonly description?: string;
  readonly headers?: z.ZodObject;
  /** By media type, for routes that read the body themselves. */
  readonly content?: Readonly<Record<string, z.ZodType>>;
  readonly replies: Readonly<Record<number, ReplySpec>>;
  readonly problems: readonly ProblemCode[];
}

export interface Route extends RouteSpec {
  readonly params?: z.ZodObject | undefined;
  readonly query?: z.ZodObject | undefined;
  readonly body?: z.ZodType | undefined;
  handle(request: RouteRequest): Promise<Reply>;
}

interface Shapes<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> {
  readonly params?: P;
  readonly query?: Q;
  /** A JSON body. */
  readonly body?: B;
}

type Call<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = Pick<
  RouteRequest,
  'id' | 'principal' | 'headers'
> & {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  readonly raw: Buffer;
};

const nothing = z.strictObject({});

/** Parses parameters and body by the schemas that also document them; what does not fit is a 400 that names each fault. */
export function route<
  P extends z.ZodObject = typeof nothing,
  Q extends z.ZodObject = typeof nothing,
  B extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec & Shapes<P, Q, B> & { handle(call: Call<P, Q, B>): Promise<Reply> }): Route {
  const { params, query, body } = spec;
  return {
    ...spec,
    handle: ({ id, principal, headers, ...sent }) =>
      spec.handle({
        id,
        principal,
        headers,
        raw: sent.body,
        params: parsed<P>(params ?? nothing, sent.params, 'parameter'),
        query: parsed<Q>(query ?? nothing, sent.query, 'parameter'),
        body: parsed<B>(body ?? z.undefined(), body === undefined ? undefined : json(sent.body), 'pointer'),
      }),
  };
}

function parsed<S extends z.ZodType>(schema: z.ZodType, value: unknown, where: 'parameter' | 'pointer'): z.output<S> {
  const result = schema.safeParse(value, { error: ({ input }) => (input === undefined ? 'is missing' : undefined) });
  // `schema` is S or, where the route declares none, the default that S stands for then
  if (result.success) return result.data as z.output<S>;
  const errors = result.error.issues.map((issue) => fieldError(issue, where));
  throw new Problem('invalid-request', 'Parameters or body do not fit the route.', { errors });
}

function fieldError(issue: z.core.$ZodIssue, where: 'parameter' | 'pointer'): FieldError {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const path = [...issue.path, ...unknown.slice(0, 1)].map(String);
  return where === 'parameter'
    ? { parameter: path.join('.'), code: issue.code, detail: issue.message }
    : { pointer: jsonPointer(path), code: issue.code, detail: issue.message };
}

export const jsonPointer = (path: readonly string[]): string =>
  path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Throws `malformed-json`, without a piece of the body in its words. */
export function json(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Problem(
      'malformed-json',
      body.length === 0 ? 'The body is empty.' : 'The body is not well-formed JSON in UTF-8.',
    );
  }
}
