import { z } from 'zod';
import type { ApiDeps, Limits, ReadinessCheck } from '../deps';
import { within } from './deadline';
import { type Route, route } from './route';

const checkSchema = z.object({ name: z.string(), ok: z.boolean(), milliseconds: z.number() });
const readinessSchema = z.object({ ready: z.boolean(), draining: z.boolean(), checks: z.array(checkSchema) });

export interface PlatformDeps extends Pick<ApiDeps, 'readiness' | 'metricsText' | 'logger'> {
  readonly limits: Limits;
  readonly draining: () => boolean;
}

/** What the surroundings ask: alive, ready, how it is going. */
export function platformRoutes(deps: PlatformDeps): readonly Route[] {
  return [
    route({
      operationId: 'getHealth',
      method: 'get',
      path: '/healthz',
      tag: 'platform',
      summary: 'Is the process alive?',
      replies: { 200: { description: 'It is', schema: z.object({ status: z.literal('ok') }) } },
      problems: [],
      handle: () => Promise.resolve({ status: 200, body: { status: 'ok' } }),
    }),
    route({
      operationId: 'getReadiness',
      method: 'get',
      path: '/readyz',
      tag: 'platform',
      summary: 'Can it serve? Each dependency is named',
      replies: {
        200: { description: 'Every dependency answers', schema: readinessSchema },
        503: { description: 'One does not answer, or the process is stopping', schema: readinessSchema },
      },
      problems: [],
      handle: async () => {
        const checks = await Promise.all(deps.readiness.map((check) => checked(check, deps)));
        const draining = deps.draining();
        const ready = !draining && checks.every(({ ok }) => ok);
        return { status: ready ? 200 : 503, body: { ready, draining, checks } };
      },
    }),
    route({
      operationId: 'getMetrics',
      method: 'get',
      path: '/metrics',
      tag: 'platform',
      summary: 'Metrics of this process',
      replies: { 200: { description: 'Prometheus text format', type: 'text/plain', schema: z.string() } },
      problems: [],
      handle: async () => ({
        status: 200,
        text: { type: 'text/plain; version=0.0.4; charset=utf-8', content: await deps.metricsText() },
      }),
    }),
  ];
}

/** Why a dependency fails stands in the log: what drivers say may name hosts and users. */
async function checked({ name, check }: ReadinessCheck, { limits, logger }: PlatformDeps) {
  const startedAt = performance.now();
  const done = (ok: boolean) => ({ name, ok, milliseconds: Math.round(performance.now() - startedAt) });
  const late = () => new Error(`no answer within ${limits.readinessTimeoutMs} ms`);
  try {
    await within(limits.readinessTimeoutMs, check(), late);
    return done(true);
  } catch (err) {
    logger.warn({ dependency: name, err }, 'a dependency does not answer');
    return done(false);
  }
}
