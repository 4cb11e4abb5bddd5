import { createRelay } from '../../bridges/relay/relay';
import { appointmentJourneyContract } from '../../workflows/appointments/appointment-journey.contract';
import { orderSagaContract } from '../../workflows/orders/order-saga.contract';
import { relayMetrics } from '../telemetry/bridge-metrics';
import { openKafka, openStore } from './clients';
import type { ProcessContext } from './process';

/** The relay's subscription: its checkpoint and its lease. */
export const RELAY_SUBSCRIPTION = 'relay';

/** Starts the relay; of several, one publishes and the others wait for its lease. */
export async function startRelay(context: ProcessContext): Promise<void> {
  const { logger, registry, closing } = context;
  const store = openStore(context, 'relay');
  const producer = await openKafka(context, 'relay').producer();
  closing.add('relay: producer', () => producer.close());
  const relay = createRelay({
    store,
    producer,
    contracts: [orderSagaContract, appointmentJourneyContract],
    name: RELAY_SUBSCRIPTION,
    logger,
    metrics: relayMetrics(registry),
  });
  relay.start();
  closing.add('relay', () => relay.stop());
}
