import type { Registry } from 'prom-client';
import { scraped, seconds } from './metrics';
import { remembered } from './remembered';

/** Requests that the API answered. */
export function requestMetrics(registry: Registry) {
  const requests = seconds(registry, 'http_server_request_duration_seconds', 'Requests answered', [
    'method',
    'route',
    'status',
  ]);
  return (request: { method: string; route: string; status: number; seconds: number }): void => {
    const { method, route, status, seconds: duration } = request;
    requests.observe({ method, route, status: String(status) }, duration);
  };
}

/** What the services that come along have not published yet. */
export function outboxMetrics(registry: Registry, depths: () => Promise<Readonly<Record<string, number>>>): void {
  const known = remembered(depths, { forMs: 5_000, withinMs: 1_000 });
  scraped(registry, 'millrace_outbox_events', 'Events that Kafka has not acknowledged yet', ['service'], async () =>
    Object.entries((await known()) ?? {}).map(([service, value]) => ({ labels: { service }, value })),
  );
}
