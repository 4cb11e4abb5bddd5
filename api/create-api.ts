import express, { type Express } from 'express';
import helmet from 'helmet';
import { type ApiDeps, defaultLimits } from './deps';
import { createAuthenticate } from './http/auth';
import { serveDocs, withDocument } from './http/document-routes';
import { mount } from './http/mount';
import { platformRoutes } from './http/platform-routes';
import { requestLog } from './http/request-log';
import type { Route } from './http/route';
import { type ApiServer, createApiServer } from './http/server';
import { postEvents } from './ingress/post-events';
import { operatorRoutes } from './operator';
import { readRoutes } from './reads';

export interface Api extends Pick<ApiServer, 'start' | 'stop'> {
  readonly app: Express;
  /** What is mounted, as data. */
  readonly routes: readonly Route[];
}

/** The HTTP side of the platform. Throws for an `auth` that would let anybody in outside development. */
export function createApi(deps: ApiDeps): Api {
  const { store, registry, workflows, logger, webUiUrl, namespace, clock = Date.now } = deps;
  const limits = { ...defaultLimits, ...deps.limits };
  const authenticate = createAuthenticate(deps.auth, deps.environment);
  const app = express();
  app.disable('etag');
  app.use(requestLog(deps));
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    }),
  );
  const server = createApiServer(app, limits);
  const acting = { ...deps, limits, now: () => new Date(clock()) };
  const served = [
    postEvents(acting),
    ...readRoutes({ store, workflows, webUiUrl, namespace }),
    ...operatorRoutes(acting),
    ...platformRoutes({ ...deps, limits, draining: server.draining }),
  ];
  const routes = withDocument(served, registry);
  serveDocs(app);
  mount(app, routes, { authenticate, limits, logger });
  return { app, routes, start: server.start, stop: server.stop };
}
