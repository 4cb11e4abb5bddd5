import { type RunningServices, startServices as start } from '../../services';
import { kafkaSecurity } from '../config/transport';
import { outboxMetrics } from '../telemetry/service-metrics';
import { namedPort } from './named-port';
import type { ProcessContext } from './process';

const portOf = (url: string) => Number(new URL(url).port);

/** Starts inventory, payments and shipping on the ports that the configuration names; port 0 takes a free one. Answers where they listen. */
export async function startServices({
  config,
  logger,
  registry,
  closing,
}: ProcessContext): Promise<RunningServices['baseUrls']> {
  const starting = start({
    databaseUrl: config.DATABASE_URL.reveal(),
    kafka: { brokers: config.KAFKA_BROKERS, ...kafkaSecurity(config) },
    logger,
    closing,
    host: config.SERVICES_HOST,
    ports: {
      inventory: portOf(config.INVENTORY_URL),
      payments: portOf(config.PAYMENTS_URL),
      shipping: portOf(config.SHIPPING_URL),
    },
  });
  const services = await namedPort('INVENTORY_URL, PAYMENTS_URL or SHIPPING_URL', starting);
  outboxMetrics(registry, () => services.unpublished());
  return services.baseUrls;
}
