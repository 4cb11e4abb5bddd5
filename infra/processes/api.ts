import { registry as events } from '@millrace/events';
import { type AuthConfig, createApi } from '../../api';
import { routes } from '../../bridges/inbound/routes';
import type { Config } from '../config/config';
import { requestMetrics } from '../telemetry/service-metrics';
import { openKafka, openPublisher, openStore, openTemporal } from './clients';
import { namedPort } from './named-port';
import type { ProcessContext } from './process';

/** The configuration has been checked: with `jwt`, issuer and audience are there. */
function authOf(config: Config): AuthConfig {
  if (config.AUTH_MODE === 'off') return { mode: 'off' };
  return {
    mode: 'jwt',
    issuer: config.JWT_ISSUER ?? '',
    audience: config.JWT_AUDIENCE ?? '',
    algorithms: config.JWT_ALGORITHMS,
    ...(config.JWT_JWKS_URL !== undefined && { jwksUrl: config.JWT_JWKS_URL }),
    ...(config.JWT_PUBLIC_KEY !== undefined && { publicKeyPem: config.JWT_PUBLIC_KEY }),
  };
}

/** Starts the HTTP API; answers the port it listens on. */
export async function startApi(context: ProcessContext): Promise<{ port: number }> {
  const { config, logger, registry, closing } = context;
  const store = openStore(context, 'api');
  const driver = openKafka(context, 'api');
  const publisher = await openPublisher(context, driver, 'api');
  const admin = await driver.admin();
  closing.add('api: admin', () => admin.close());
  const temporal = await openTemporal(context, 'api');
  const api = createApi({
    store,
    publisher,
    registry: events,
    workflows: [...new Set(routes.flatMap(({ targets }) => targets))],
    auth: authOf(config),
    environment: config.MILLRACE_ENV,
    readiness: [
      { name: 'kafka', check: async () => void (await admin.endOffsets('commerce.orders.events')) },
      { name: 'temporal', check: async () => void (await temporal.workflowService.getSystemInfo({})) },
      { name: 'postgresql', check: () => store.ping() },
    ],
    metricsText: () => registry.metrics(),
    observe: requestMetrics(registry),
    webUiUrl: config.TEMPORAL_UI_URL,
    namespace: config.TEMPORAL_NAMESPACE,
    logger,
  });
  const { port } = await namedPort('API_PORT', api.start(config.API_PORT, config.API_HOST));
  closing.add('api: http', () => api.stop());
  logger.info({ port }, 'the API listens');
  return { port };
}
