import { TRANSITION_TOPICS } from '@millrace/kafka';
import { kafkaSecurity } from '../config/transport';
import type { Development } from '../processes/development';
import { observe } from '../reconcile/observer';
import { type Row, render, rows } from '../reconcile/table';
import { disagreements } from '../reconcile/verdict';
import { emit } from './emit';
import { scriptsFromFile } from './events-file';
import { type Resolution, resolveStuck } from './operator';
import type { Script } from './script';
import { scriptedStream } from './scripted-stream';
import { watchTransitions } from './watch';

export interface Played {
  readonly table: readonly Row[];
  readonly text: string;
  readonly agrees: boolean;
}

const SETTLE = { quietMs: 20_000, limitMs: 180_000 };

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
export async function play({ context, stack, platform }: Development, eventsFile: string | undefined): Promise<Played> {
  const scripts = eventsFile === undefined ? scriptedStream() : await scriptsFromFile(eventsFile);
  const steps = scripts.flatMap((script) => script.steps);
  const say = (line: string) => console.log(line);
  const { config } = context;
  const observer = await observe({ ...stack, bridgeGroup: config.BRIDGE_GROUP, security: kafkaSecurity(config) });
  try {
    const watch = await watchTransitions(observer.driver, TRANSITION_TOPICS, `demo.watch.${Date.now()}`, say);
    try {
      say(`Sending ${steps.length} events and records.\n`);
      const operator = {
        apiUrl: `http://127.0.0.1:${platform.apiPort}`,
        inventoryUrl: platform.services.inventory,
        say,
      };
      await Promise.all([
        emit(scripts, {
          publisher: observer.publisher,
          stageOf: async (subject) => (await observer.store.streams.get(subject))?.stage,
          pause: (milliseconds) => new Promise((next) => setTimeout(next, milliseconds)),
        }),
        resolveStuck(eventsFile === undefined ? resolutionsOf(scripts) : [], operator),
      ]);
      await observer.settle(SETTLE);
    } finally {
      await watch.stop();
    }
    const events = steps.flatMap(({ event }) => (event === undefined ? [] : [event]));
    const sent = new Map(events.map((event) => [`${event.tenantId}/${event.eventId}`, event]));
    const facts = await observer.facts([...sent.values()], {
      recordsSent: steps.length,
      badRecords: steps.length - events.length,
      allClose: eventsFile === undefined,
    });
    const table = rows(facts);
    const found = disagreements(facts);
    return { table, text: render(table, found, facts), agrees: found.length === 0 };
  } finally {
    await observer.stop();
  }
}
