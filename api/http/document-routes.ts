import type { Express } from 'express';
import helmet from 'helmet';
import swaggerUi from 'swagger-ui-express';
import { z } from 'zod';
import type { EventRegistry } from '../deps';
import { openApiDocument } from './openapi';
import { type Route, route } from './route';

/** The routes and the one that describes them all, itself included. */
export function withDocument(routes: readonly Route[], registry: EventRegistry): readonly Route[] {
  let written: ReturnType<typeof openApiDocument> | undefined;
  const document = route({
    operationId: 'getOpenApi',
    method: 'get',
    path: '/openapi.json',
    tag: 'platform',
    summary: 'This document, OpenAPI 3.1; /docs shows it',
    replies: { 200: { description: 'The document', schema: z.looseObject({ openapi: z.string() }) } },
    problems: [],
    handle: async () => {
      written ??= openApiDocument(all, registry);
      return { status: 200, body: written };
    },
  });
  const all = [...routes, document];
  return all;
}

/** The document for people, under a content policy of its own: its page styles itself. */
export function serveDocs(app: Express): void {
  const policy = {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      connectSrc: ["'self'"],
      fontSrc: ["'self'", 'data:'],
      frameAncestors: ["'none'"],
      imgSrc: ["'self'", 'data:'],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
    },
  };
  const page = swaggerUi.setup(undefined, { swaggerUrl: '/openapi.json', customSiteTitle: 'Millrace API' });
  app.use('/docs', helmet.contentSecurityPolicy(policy), swaggerUi.serve, page);
}
