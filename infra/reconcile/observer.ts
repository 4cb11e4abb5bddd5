import {
  createKafkajsDriver,
  createPublisher,
  type KafkaAdmin,
  type KafkaDriver,
  type KafkajsDriverOptions,
  type Publisher,
  TRANSITION_TOPICS,
} from '@millrace/kafka';
import { Pool } from 'pg';
import { reportServices } from '../../services';
import { createStore } from '../../store';
import type { Store } from '../../store/store';
import { BRIDGE_DEAD_LETTER_GROUP, BRIDGE_TOPICS, DEAD_LETTER_TOPICS } from '../processes/bridge';
import { createClosing } from '../processes/closing';
import { RELAY_SUBSCRIPTION } from '../processes/relay';
import { collect, type Stream } from './collect';
import type { Facts } from './facts';
import { type OnTheWay, settle } from './settle';

/** Eyes and hands of its own on the platform's servers: sends, waits until nothing is on its way, reads everything. */
export interface Observer {
  readonly driver: KafkaDriver;
  readonly admin: KafkaAdmin;
  readonly publisher: Publisher;
  readonly store: Store;
  readonly pool: Pool;
  settle(limits: { limitMs: number; quietMs: number }): Promise<OnTheWay>;
  /** `sent`: the valid events that were sent. */
  facts(sent: readonly { tenantId: string; eventId: string }[], stream?: Stream): Promise<Facts>;
  stop(): Promise<void>;
}

export interface ObservedServers {
  readonly kafkaBrokers: readonly string[];
  readonly databaseUrl: string;
  readonly bridgeGroup?: string;
  readonly security?: Pick<KafkajsDriverOptions, 'ssl' | 'sasl'>;
}

export async function observe(servers: ObservedServers): Promise<Observer> {
  const closing = createClosing();
  const driver = createKafkajsDriver({ brokers: servers.kafkaBrokers, clientId: 'observer', ...servers.security });
  const pool = new Pool({ connectionString: servers.databaseUrl, max: 8 });
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
    bridgeGroup: servers.bridgeGroup ?? 'millrace.bridge',
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
    settle: (limits) => settle(where, limits),
    facts: (sent, stream = { badRecords: 0, allClose: false }) =>
      collect(
        {
          driver,
          admin,
          store,
          transitionTopics: TRANSITION_TOPICS,
          deadLetterTopics: DEAD_LETTER_TOPICS,
          countServices: async (tenantIds) => {
            const { payments, paymentIds, reservations, shipments } = await reportServices(pool, { tenantIds });
            return { charges: payments, paymentIds: new Set(paymentIds), reservations, shipments };
          },
        },
        sent,
        stream,
      ),
    stop: () => closing.close(),
  };
}
