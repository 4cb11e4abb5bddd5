import type { Logger } from '@millrace/kafka';
import express from 'express';
import { StoreError } from '../../store/errors';
import type { Limits } from '../deps';
import type { Authenticate } from './auth';
import { within } from './deadline';
import { rolesFor } from './policy';
import { nobody, type Principal } from './principal';
import { Problem, type ProblemBody, problemCodes } from './problem';
import { requestId } from './request-log';
import type { Reply, Route } from './route';

export interface MountOptions {
  readonly authenticate: Authenticate;
  readonly limits: Limits;
  readonly logger: Logger;
}

/** Mounts every route of the list, then answers what no route took. */
export function mount(app: express.Express, routes: readonly Route[], options: MountOptions): void {
  const readBody = express.raw({ type: () => true, limit: options.limits.bodyBytes });
  for (const route of routes) {
    const guard = guardOf(route, options.authenticate);
    const answer = answerOf(route, options.limits);
    if (route.method === 'get') app.get(route.path, guard, answer);
    else app.post(route.path, guard, readBody, answer);
  }
  app.use((request) => {
    throw unmatched(request, routes);
  });
  app.use(answerProblem(options));
}

/** 405 where the path has other methods, else 404. */
function unmatched({ path }: express.Request, routes: readonly Route[]): Problem {
  const allowed = routes.filter((route) => patternOf(route).test(path)).map(({ method }) => method.toUpperCase());
  if (allowed.length === 0)
    return new Problem(
      'not-found',
      'No such route. /openapi.json lists them all; slashes within an id are written %2F.',
    );
  const Allow = allowed.join(', ');
  return new Problem('method-not-allowed', `Allowed: ${Allow}.`, { headers: { Allow } });
}

const patternOf = ({ path }: Route) => new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')}$`);

/** Before the body is read, so that strangers cannot make the API read megabytes. */
function guardOf(route: Route, authenticate: Authenticate): express.RequestHandler {
  const allowed = rolesFor(route.operationId);
  if (allowed === 'public') return (_request, _response, next) => next();
  return async (request, response, next) => {
    const principal = await authenticate(request.headers.authorization);
    if (!allowed.some((role) => principal.roles.includes(role))) {
      throw new Problem('role-missing', `One of these roles is required: ${allowed.join(', ')}.`);
    }
    response.locals['principal'] = principal;
    next();
  };
}

const principalOf = (response: express.Response): Principal => response.locals['principal'] ?? nobody;

function answerOf(route: Route, limits: Limits): express.RequestHandler {
  return async (request, response) => {
    const handled = route.handle({
      id: requestId(response),
      principal: principalOf(response),
      params: request.params,
      query: request.query,
      headers: request.headers,
      body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    });
    // repeating it is safe: it reads, or its ids stay the same
    const late = () => new Problem('timed-out', `No answer within ${limits.requestTimeoutMs} ms.`);
    const reply = await within(limits.requestTimeoutMs, handled, late);
    send(response, reply);
  };
}

function send(response: express.Response, { status, headers, text, body }: Reply): void {
  response.status(status).set('Cache-Control', 'no-store');
  if (headers !== undefined) response.set(headers);
  if (text === undefined) response.json(body);
  else response.type(text.type).send(text.content);
}

/** Express knows an error handler by its four parameters. */
function answerProblem({ limits, logger }: MountOptions): express.ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const problem = problemFrom(error);
    const facts = { requestId: requestId(response), code: problem.code, err: problem.cause ?? problem };
    if (problem.status >= 500) logger.error(facts, 'request failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.locals['problem'] = problem.code;
    if (problem.status === 503) response.set('Retry-After', String(limits.retryAfterSeconds));
    const body: ProblemBody = problem.body({ path: request.path, id: requestId(response) });
    response.status(problem.status).set({ 'Cache-Control': 'no-store', ...problem.headers });
    // an unread body would have to be read to its end first
    if (problem.code === 'too-large' || !request.complete) response.set('Connection', 'close');
    response.type('application/problem+json').send(JSON.stringify(body));
  };
}

/** What Express and its body reader throw carries a status; everything else that is no `Problem` is ours. */
function problemFrom(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const cause = { cause: error };
  if (error instanceof StoreError) return problemOfStore(error);
  switch (statusOf(error)) {
    case problemCodes['too-large'].status:
      return new Problem('too-large', 'The body is larger than this route reads.', cause);
    case problemCodes['unsupported-media-type'].status:
      return new Problem('unsupported-media-type', 'The body has an encoding that is not read.', cause);
    case problemCodes['invalid-request'].status:
      return new Problem('invalid-request', 'The request is malformed.', cause);
    default:
      return new Problem('internal', 'The log has more, under this request id.', cause);
  }
}

function problemOfStore(cause: StoreError): Problem {
  if (cause.transient) return new Problem('store-unavailable', 'Try again.', { cause });
  if (cause.code === 'bad-cursor') {
    const errors = [{ parameter: 'cursor', code: cause.code, detail: 'is not one that this list gave out' }];
    return new Problem('invalid-request', 'The cursor does not fit.', { cause, errors });
  }
  if (cause.failure === 'never')
    return new Problem('invalid-request', 'A value cannot be stored or looked up.', { cause });
  return new Problem('internal', 'The log has more, under this request id.', { cause });
}

const statusOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, 'status') : undefined;
