import { createServer } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Config } from '../config/config';

/** Seconds; from a local call to a slow dependency. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500];

/** A registry of its own per process, with Node's default metrics. */
export function createRegistry(process: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });
  return registry;
}

export const counter = <L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[] = [],
) => new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
export const gauge = <L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[] = [],
) => new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });

export interface Sample<L extends string> {
  readonly labels: Readonly<Record<L, string | number>>;
  readonly value: number;
}

/** A gauge that is asked for all its values with every scrape. Without an answer it has none, or NaN where it has no labels. */
export const scraped = <L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
  ask: () => Promise<readonly Sample<L>[] | undefined> | readonly Sample<L>[],
) =>
  new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    async collect() {
      const samples = await ask();
      this.reset(); // in one go with what follows: two scrapes may be under way
      if (samples === undefined && labelNames.length === 0) this.set(Number.NaN);
      for (const { labels, value } of samples ?? []) this.set(labels, value);
    },
  });
export const seconds = <L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[] = [],
) => new Histogram({ name, help, labelNames: [...labelNames], buckets: DURATIONS, registers: [registry] });
export const sizes = <L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[] = [],
) => new Histogram({ name, help, labelNames: [...labelNames], buckets: SIZES, registers: [registry] });

/** Serves `/metrics` and `/healthz` for the processes that have no HTTP of their own. Port 0 takes a free one. */
export async function serveMetrics(
  registry: Registry,
  { METRICS_PORT: port, METRICS_HOST: host }: Pick<Config, 'METRICS_PORT' | 'METRICS_HOST'>,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.url === '/healthz') return response.end('ok\n');
    if (request.url !== '/metrics') return response.writeHead(404).end();
    return registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
