import { createServer, type Server } from 'node:http';
import type { Logger } from '@millrace/kafka';
import express, { type Express, type Router } from 'express';
import type { Pool } from 'pg';
import { createOutboxRelay } from './outbox-relay';
import { answerProblems, noSuchRoute } from './problem';
import type { EventPublisher } from './publisher';
import type { ServiceName } from './service-name';

const BODY_LIMIT = '256kb';

export interface ServiceOptions {
  /** Stays the caller's: end it after `stop`. The service keeps one connection of it for its outbox. */
  readonly pool: Pool;
  readonly publisher: EventPublisher;
  readonly logger: Logger;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

export interface Service {
  /** Resolves when the service listens, with its port. Rejects if the port is taken. */
  start(): Promise<{ port: number }>;
  /** Answers what is under way, then ends. What the outbox still holds is published by the next start. */
  stop(): Promise<void>;
}

/** Work beside the requests, started before the first and stopped after the last. */
export interface Background {
  start(): void;
  stop(): Promise<void>;
}

export interface ServiceParts {
  readonly routes: Router;
  readonly background?: Background;
}

function createApp(name: ServiceName, routes: Router, { pool, logger }: ServiceOptions): Express {
  const app = express().disable('x-powered-by').disable('etag');
  app.get('/healthz', (_request, response) => {
    response.json({ service: name, status: 'ok' });
  });
  app.get('/readyz', async (_request, response) => {
    const postgres = await pool.query(`select 1 from ${name}.migrations limit 1`).then(
      () => 'ok',
      (error: Error) => error.message,
    );
    response
      .status(postgres === 'ok' ? 200 : 503)
      .json({ service: name, status: postgres === 'ok' ? 'ok' : 'unavailable', checks: { postgres } });
  });
  return app.use(express.json({ limit: BODY_LIMIT }), routes, noSuchRoute, answerProblems(logger));
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Resolves when every request under way has its answer. A server that does not run is closed. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), 50); // a connection becomes idle when its last answer is out
    server.close(() => {
      clearInterval(idle);
      resolve();
    });
  });
}

/** A service is its routes, its outbox and, if it has any, its background work. `build` gets what wakes the outbox after a commit. */
export function createService(
  name: ServiceName,
  build: (committed: () => void) => ServiceParts,
  options: ServiceOptions,
): Service {
  const { pool, publisher, logger, port = 0, host = '127.0.0.1' } = options;
  const outbox = createOutboxRelay({ pool, service: name, publisher, logger });
  const { routes, background } = build(outbox.wake);
  const server = createServer(createApp(name, routes, options));
  server.keepAliveTimeout = 65_000; // longer than clients keep idle connections, so that none is closed under a request
  return {
    async start() {
      const taken = await listen(server, port, host);
      outbox.start();
      background?.start();
      logger.info({ service: name, port: taken }, 'service listens');
      return { port: taken };
    },
    async stop() {
      await close(server);
      await background?.stop();
      await outbox.stop();
    },
  };
}
