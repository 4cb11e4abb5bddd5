import { z } from 'zod';

/** Every code that an error answer can carry, with its status. Closed: callers may switch on it. */
export const problemCodes = {
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  'invalid-request': { status: 400, title: 'The request does not fit the route' },
  unauthenticated: { status: 401, title: 'A valid bearer token is required' },
  'role-missing': { status: 403, title: 'The token lacks a role that this route requires' },
  'tenant-not-allowed': { status: 403, title: 'The token does not speak for this tenant' },
  'platform-only-event': { status: 403, title: 'Only the platform emits events of this type' },
  'not-found': { status: 404, title: 'Nothing is here' },
  'method-not-allowed': { status: 405, title: 'The route does not know this method' },
  'not-stuck': { status: 409, title: 'The workflow does not wait for an operator' },
  'stuck-version-passed': { status: 409, title: 'The workflow is stuck at another version' },
  'not-redrivable': { status: 409, title: 'The dead letter cannot be sent again' },
  'too-large': { status: 413, title: 'The body or an event in it is too large' },
  'unsupported-media-type': { status: 415, title: 'The body has a type or an encoding that is not read' },
  'unknown-event-type': { status: 422, title: 'No such type of event' },
  'unknown-event-version': { status: 422, title: 'No such version of this type of event' },
  'invalid-event': { status: 422, title: 'The event does not fit its contract' },
  internal: { status: 500, title: 'The platform failed' },
  'kafka-unavailable': { status: 503, title: 'Kafka has not acknowledged' },
  'store-unavailable': { status: 503, title: 'The event store does not answer' },
  'keys-unavailable': { status: 503, title: 'The keys to check the token with cannot be fetched' },
  'timed-out': { status: 503, title: 'The request took too long' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problemCodes;

/** One fault of many: where it is and what is wrong there. */
export const fieldErrorSchema = z.object({
  pointer: z
    .string()
    .optional()
    .describe("JSON Pointer into the event (or into the body, where it is not an event): '/data/lines/0/sku'"),
  parameter: z.string().optional().describe('Name of the path, query or header parameter'),
  index: z.int().optional().describe('Which event of a batch, from 0'),
  code: z.string(),
  detail: z.string(),
});

export type FieldError = z.infer<typeof fieldErrorSchema>;

const codes = Object.keys(problemCodes).filter((code): code is ProblemCode => code in problemCodes);

/** RFC 9457, media type application/problem+json. */
export const problemSchema = z.object({
  type: z.string().describe('urn:millrace:problem:<code>'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string().describe('Path of the request'),
  code: z.enum(codes),
  requestId: z.string().describe('Also in the log and in the header x-request-id'),
  errors: z.array(fieldErrorSchema).optional(),
});

export type ProblemBody = z.infer<typeof problemSchema>;

/** Thrown by routes and turned into a problem details answer. `detail` is read by callers: no payloads, no internals. */
export class Problem extends Error {
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    more: { errors?: readonly FieldError[]; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(`${code}: ${detail}`, { cause: more.cause });
    this.name = 'Problem';
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }

  get status(): number {
    return problemCodes[this.code].status;
  }

  body(request: { readonly path: string; readonly id: string }): ProblemBody {
    return {
      type: `urn:millrace:problem:${this.code}`,
      title: problemCodes[this.code].title,
      status: this.status,
      detail: this.detail,
      instance: request.path,
      code: this.code,
      requestId: request.id,
      ...(this.errors === undefined ? {} : { errors: [...this.errors] }),
    };
  }
}

/** Something of another tenant answers exactly like something that does not exist. */
export const notFound = (what: string): Problem => new Problem('not-found', `No such ${what}.`);
