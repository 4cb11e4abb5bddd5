import type { Logger } from '@millrace/kafka';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { DatabaseError } from 'pg';

/** An answer that is a refusal: RFC 9457 problem details with a code from a closed list per service. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    /** Extension members of the problem. */
    readonly facts: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.name = 'Problem';
  }
}

const serialization = new Set(['40001', '40P01']);
const connection = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);

const field = (thrown: unknown, name: string): unknown =>
  typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, name) : undefined;

/** True if the database is away or asks to come again: the same request may succeed later. */
function isPassing(thrown: unknown): boolean {
  const code = field(thrown, 'code');
  if (typeof code === 'string' && (connection.has(code) || serialization.has(code))) return true;
  if (thrown instanceof DatabaseError) return typeof code === 'string' && /^(08|53|57P)/.test(code);
  return (
    thrown instanceof Error && /^(Connection terminated|timeout exceeded when trying to connect)/.test(thrown.message)
  );
}

/** What the caller may know of a failure. Ours stay vague; the log has the rest. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const status = field(thrown, 'status');
  if (field(thrown, 'type') === 'entity.too.large')
    return new Problem(413, 'body-too-large', 'the body has more than 256 KiB');
  if (field(thrown, 'type') === 'entity.parse.failed')
    return new Problem(400, 'malformed-json', 'the body is not JSON');
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new Problem(status, 'malformed-request', 'the request cannot be read');
  if (isPassing(thrown)) return new Problem(503, 'unavailable', 'try again later');
  return new Problem(500, 'internal', 'the service failed; the request may have no effect or its whole effect');
}

/** Express finds error handlers by their four parameters. */
export const answerProblems =
  (logger: Logger): ErrorRequestHandler =>
  (thrown: unknown, request, response, next) => {
    const { status, code, message, facts } = problemOf(thrown);
    const about = { method: request.method, path: request.path, status, code };
    if (status >= 500) logger.error({ ...about, err: thrown }, 'request failed');
    else logger.debug(about, 'request refused');
    if (response.headersSent) return next(thrown);
    response.status(status).type('application/problem+json');
    response.send(
      JSON.stringify({
        type: `urn:millrace:problem:${code}`,
        title: code.replaceAll('-', ' '),
        status,
        detail: message,
        code,
        ...facts,
      }),
    );
  };

export const noSuchRoute: RequestHandler = (request) => {
  throw new Problem(404, 'no-such-route', `there is no ${request.method} ${request.path}`);
};
