import { startApi } from './api';
import { startBridge } from './bridge';
import { prepare } from './prepare';
import type { ProcessContext } from './process';
import { startRelay } from './relay';
import { startServices } from './services';
import { startWorker } from './worker';

export interface Platform {
  readonly apiPort: number;
  /** Base addresses of the services, by name. */
  readonly services: { readonly inventory: string; readonly payments: string; readonly shipping: string };
}

/** Everything in one process, for development: services, worker, bridge, relay and API. Closed through the context. */
export async function startPlatform(context: ProcessContext): Promise<Platform> {
  await prepare(context);
  const services = await startServices(context);
  const config = {
    ...context.config,
    INVENTORY_URL: services.inventory,
    PAYMENTS_URL: services.payments,
    SHIPPING_URL: services.shipping,
  };
  const withServices = { ...context, config };
  await startWorker(withServices);
  await startBridge(withServices);
  await startRelay(withServices);
  const { port } = await startApi(withServices);
  return { apiPort: port, services };
}
