import { appointmentScripts } from '../../infra/demo/appointment-scripts';
import { emit } from '../../infra/demo/emit';
import { orderScripts } from '../../infra/demo/order-scripts';
import { observe } from '../../infra/reconcile/observer';
import { disagreements } from '../../infra/reconcile/verdict';
import { startPlatformProcesses, type Victim } from '../support/platform-processes';
import { seeded } from '../support/random';

const settings = {
  ORDER_PAYMENT_DEADLINE_MS: '30000',
  APPOINTMENT_REMINDER_BEFORE_MS: '6000',
  APPOINTMENT_MISSED_AFTER_MS: '3000',
  APPOINTMENT_FOLLOW_UP_AFTER_MS: '2000',
};
const victims: readonly Victim[] = ['worker', 'bridge', 'relay'];
export interface Killing {
  readonly orders: number;
  /** Appointments of each ending. */
  readonly appointments: number;
  /** How often each is killed. */
  readonly rounds: number;
  /** Whether the appointments' journeys have workflows of their own. */
  readonly hosting: 'own' | 'pooled';
}

/** Scripts that wait for an operator prove nothing here. */
const unfit = ['undo fails, repaired and retried', 'undo fails, given up'];

/**
 * A stream of orders and appointments while worker, bridge and relay are killed with SIGKILL, each at least `rounds` times, at
 * moments that the seed chooses. Answers what does not agree afterwards, and how often what was killed.
 */
export async function killInTheMiddle(seed: number, { orders, appointments, rounds, hosting }: Killing) {
  const random = seeded(seed);
  const HOSTING = hosting === 'own' ? 'appointmentJourney=own' : 'appointmentJourney=pooled:2';
  const platform = await startPlatformProcesses({ ...settings, HOSTING });
  const observer = await observe(platform.stack);
  try {
    const scripts = [
      ...appointmentScripts(`clinic-${seed}`, Date.now() + 10_000, appointments),
      ...orderScripts([`acme-${seed}`, `globex-${seed}`], orders),
    ].filter(({ name }) => !unfit.includes(name));
    const emitted = emit(scripts, {
      publisher: observer.publisher,
      stageOf: async (subject) => (await observer.store.streams.get(subject))?.stage,
      pause: (milliseconds) => new Promise((next) => setTimeout(next, milliseconds)),
    });
    const kill = async () => {
      for (const victim of Array.from({ length: rounds }, () => [...victims].sort(() => random() - 0.5)).flat()) {
        await new Promise((next) => setTimeout(next, 700 + random() * 2_500));
        await platform.killAndReplace(victim);
      }
    };
    await Promise.all([emitted, kill()]);
    const left = await observer.settle({ limitMs: 150_000, quietMs: 30_000 });
    const events = scripts.flatMap(({ steps }) => steps).flatMap(({ event }) => (event === undefined ? [] : [event]));
    const facts = await observer.facts([...new Map(events.map((event) => [event.eventId, event])).values()]);
    return {
      left,
      facts,
      found: disagreements(facts).map(({ what, ids }) => ({ what, ids: ids.slice(0, 20), of: ids.length })),
    };
  } finally {
    await observer.stop();
    await platform.stop();
  }
}
