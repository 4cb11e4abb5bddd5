import { createServer, type Server } from 'node:http';
import type { Express, Response } from 'express';
import type { Limits } from '../deps';

export interface ApiServer {
  /** Rejects if the port is taken. Port 0 takes a free one. */
  start(port: number, host?: string): Promise<{ port: number }>;
  /** Takes no new connections, answers what is under way for at most `drainMs`, then closes. */
  stop(): Promise<void>;
  readonly draining: () => boolean;
}

export function createApiServer(app: Express, limits: Limits): ApiServer {
  let server: Server | undefined;
  let draining = false;
  const underWay = new Set<Response>();
  app.use((_request, response, next) => {
    underWay.add(response);
    response.on('close', () => underWay.delete(response));
    if (draining) response.set('Connection', 'close');
    next();
  });
  return {
    draining: () => draining,
    start: (port, host = '127.0.0.1') => {
      const { requestTimeoutMs: requestTimeout } = limits;
      const headersTimeout = Math.min(10_000, requestTimeout);
      server = createServer({ requestTimeout, headersTimeout, keepAliveTimeout: 5_000 }, app);
      server.maxConnections = limits.connections;
      return listening(server, port, host);
    },
    stop: async () => {
      draining = true;
      for (const response of underWay) if (!response.headersSent) response.set('Connection', 'close');
      if (server?.listening === true) await closed(server, limits.drainMs);
    },
  };
}

function listening(server: Server, port: number, host: string): Promise<{ port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve({ port: typeof address === 'object' && address !== null ? address.port : port });
    });
  });
}

function closed(server: Server, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
