import { randomBytes } from 'node:crypto';
import { createPublisher, TRANSITION_TOPICS } from '@millrace/kafka';
import { Pool } from 'pg';
import { reportServices } from '../../services';
import { BRIDGE_DEAD_LETTER_GROUP, BRIDGE_TOPICS, DEAD_LETTER_TOPICS } from '../processes/bridge';
import { openKafka, openStore } from '../processes/clients';
import { createClosing } from '../processes/closing';
import type { Development } from '../processes/development';
import { RELAY_SUBSCRIPTION } from '../processes/relay';
import { collect } from '../reconcile/collect';
import { settle } from '../reconcile/settle';
import { type Row, render, rows } from '../reconcile/table';
import { disagreements } from '../reconcile/verdict';
import { appointmentScripts } from './appointment-scripts';
import { badScripts } from './bad-scripts';
import { emit } from './emit';
import { scriptsFromFile } from './events-file';
import { type Resolution, resolveStuck } from './operator';
import { orderScripts } from './order-scripts';
import type { Script } from './script';
import { watchTransitions } from './watch';

export interface Played {
  readonly table: readonly Row[];
  readonly text: string;
  readonly agrees: boolean;
}

const SETTLE = { quietMs: 20_000, limitMs: 180_000 };

/** The stream that comes along: every ending of an order and of an appointment, and every kind of bad input. */
function scriptedStream(): Script[] {
  const run = randomBytes(3).toString('hex');
  const tenants: [string, string] = [`acme-${run}`, `globex-${run}`];
  return [
    ...appointmentScripts(`clinic-${run}`, Date.now(), 10),
    ...orderScripts(tenants, 150),
    ...badScripts(tenants[0]),
  ];
}

/** Which sagas will get stuck, and what the operator does about them. */
function resolutionsOf(scripts: readonly Script[]): Resolution[] {
  return scripts.flatMap((script): Resolution[] => {
    const [first] = script.steps;
    if (first?.event === undefined) return [];
    const subject = `orderSaga/${first.event.tenantId}/${first.event.aggregateId}`;
    if (script.name === 'undo fails, repaired and retried')
      return [{ subject, decision: 'retry', repairSku: 'SKU-STUCK-ONCE' }];
    if (script.name === 'undo fails, given up') return [{ subject, decision: 'give-up' }];
    return [];
  });
}

/** Sends the stream, shows what happens, waits until nothing is on its way, reads everything and compares. */
export async function play({ context, platform }: Development, eventsFile: string | undefined): Promise<Played> {
  const scripts = eventsFile === undefined ? scriptedStream() : await scriptsFromFile(eventsFile);
  const closing = createClosing();
  const driver = openKafka(context, 'demo');
  const store = openStore({ ...context, closing }, 'demo');
  const pool = new Pool({ connectionString: context.config.DATABASE_URL, max: 4 });
  closing.add('demo: pool', () => pool.end());
  const admin = await driver.admin();
  closing.add('demo: admin', () => admin.close());
  const producer = await driver.producer();
  closing.add('demo: producer', () => producer.close());
  const publisher = createPublisher({ producer });
  closing.add('demo: publisher', () => publisher.close());
  try {
    const say = (line: string) => console.log(line);
    const watch = await watchTransitions(driver, TRANSITION_TOPICS, `demo.watch.${Date.now()}`, say);
    closing.add('demo: watch', () => watch.stop());
    const steps = scripts.flatMap((script) => script.steps);
    say(`Sending ${steps.length} events and records.\n`);
    await Promise.all([
      emit(scripts, {
        publisher,
        stageOf: async (subject) => (await store.streams.get(subject))?.stage,
        pause: (milliseconds) => new Promise((next) => setTimeout(next, milliseconds)),
      }),
      resolveStuck(eventsFile === undefined ? resolutionsOf(scripts) : [], {
        apiUrl: `http://127.0.0.1:${platform.apiPort}`,
        inventoryUrl: platform.services.inventory,
        say,
      }),
    ]);
    const tenantless = { tenantIds: [] };
    await settle(
      {
        admin,
        store,
        bridgeGroup: context.config.BRIDGE_GROUP,
        bridgeTopics: context.config.BRIDGE_TOPICS ?? BRIDGE_TOPICS,
        deadLetterGroup: BRIDGE_DEAD_LETTER_GROUP,
        deadLetterTopics: DEAD_LETTER_TOPICS,
        relaySubscription: RELAY_SUBSCRIPTION,
        unpublished: async () => (await reportServices(pool, tenantless)).unpublished,
      },
      SETTLE,
    );
    const sent = new Map(
      steps.flatMap(({ event }) =>
        event === undefined ? [] : [[`${event.tenantId}/${event.eventId}`, event] as const],
      ),
    );
    const facts = await collect(
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
      [...sent.values()],
      steps.filter(({ event }) => event === undefined).length,
    );
    const table = rows(facts);
    const found = disagreements(facts);
    return { table, text: render(table, found), agrees: found.length === 0 };
  } finally {
    await closing.close();
  }
}
