import {
  createKafkajsDriver,
  createPublisher,
  type KafkaAdmin,
  type KafkaDriver,
  type Publisher,
  TRANSITION_TOPICS,
} from '@millrace/kafka';
import { Pool } from 'pg';
import { BRIDGE_DEAD_LETTER_GROUP, BRIDGE_TOPICS, DEAD_LETTER_TOPICS } from '../../infra/processes/bridge';
import { createClosing } from '../../infra/processes/closing';
import { RELAY_SUBSCRIPTION } from '../../infra/processes/relay';
import { collect } from '../../infra/reconcile/collect';
import type { Facts } from '../../infra/reconcile/facts';
import { type OnTheWay, settle } from '../../infra/reconcile/settle';
import type { Stack } from '../../infra/stack';
import { reportServices } from '../../services';
import { createStore } from '../../store';
import type { Store } from '../../store/store';

/** A test's own eyes and hands on the platform's servers. */
export interface Observer {
  readonly driver: KafkaDriver;
  readonly admin: KafkaAdmin;
  readonly publisher: Publisher;
  readonly store: Store;
  readonly pool: Pool;
  settle(limitMs: number, quietMs?: number): Promise<OnTheWay>;
  facts(sent: readonly { tenantId: string; eventId: string }[]): Promise<Facts>;
  stop(): Promise<void>;
}

export async function observe(stack: Stack, bridgeGroup = 'millrace.bridge'): Promise<Observer> {
  const closing = createClosing();
  const driver = createKafkajsDriver({ brokers: stack.kafkaBrokers, clientId: 'observer' });
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 8 });
  closing.add('pool', () => pool.end());
  const store = createStore({ pool });
  closing.add('store', () => store.close());
  const admin = await driver.admin();
  closing.add('admin', () => admin.close());
  const producer = await driver.producer();
  closing.add('producer', () => producer.close());
  const publisher = createPublisher({ producer });
  closing.add('publisher', () => publisher.close());
  const unpublished = async () => (await reportServices(pool, { tenantIds: [] })).unpublished;
  const where = {
    admin,
    store,
    bridgeGroup,
    bridgeTopics: BRIDGE_TOPICS,
    deadLetterGroup: BRIDGE_DEAD_LETTER_GROUP,
    deadLetterTopics: DEAD_LETTER_TOPICS,
    relaySubscription: RELAY_SUBSCRIPTION,
    unpublished,
  };
  return {
    driver,
    admin,
    publisher,
    store,
    pool,
    settle: (limitMs, quietMs = 30_000) => settle(where, { limitMs, quietMs }),
    facts: (sent) =>
      collect(
        {
          driver,
          admin,
          store,
          transitionTopics: TRANSITION_TOPICS,
          deadLetterTopics: DEAD_LETTER_TOPICS,
          countServices: async (tenantIds) => {
            const { payments, reservations, shipments } = await reportServices(pool, { tenantIds });
            return { charges: payments, reservations, shipments };
          },
        },
        sent,
        0,
      ),
    stop: () => closing.close(),
  };
}
