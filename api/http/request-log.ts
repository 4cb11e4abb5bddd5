import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { ApiDeps } from '../deps';

export const requestId = (response: Response): string => String(response.locals['requestId'] ?? '');

/** Gives each request an id (the caller's, if it is a plain one), and says how it went: pattern and ids, never a body or a query. */
export function requestLog({
  logger,
  observe,
  clock = Date.now,
}: Pick<ApiDeps, 'logger' | 'observe' | 'clock'>): RequestHandler {
  return (request, response, next) => {
    const startedAt = clock();
    const id = request.header('x-request-id');
    response.locals['requestId'] = id !== undefined && /^[\w.-]{1,128}$/.test(id) ? id : randomUUID();
    response.set('x-request-id', requestId(response));
    response.on('close', () => {
      const milliseconds = clock() - startedAt;
      const route = patternOf(request.route);
      const facts = {
        requestId: requestId(response),
        method: request.method,
        route,
        status: response.statusCode,
        milliseconds,
        finished: response.writableFinished,
        subject: response.locals['principal']?.subject,
        problem: response.locals['problem'],
      };
      if (route === '/healthz' || route === '/readyz' || route === '/metrics') logger.debug(facts, 'request');
      else logger.info(facts, 'request');
      observe?.({ method: request.method, route, status: response.statusCode, seconds: milliseconds / 1_000 });
    });
    next();
  };
}

const patternOf = (route: unknown): string => {
  const path = typeof route === 'object' && route !== null ? Reflect.get(route, 'path') : undefined;
  return typeof path === 'string' ? path : 'none';
};
