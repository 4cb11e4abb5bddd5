import { RELAY_SUBSCRIPTION } from '../../infra/processes/relay';
import { freePort } from '../../infra/stack/ports';
import { createStore, type Store } from '../../store';
import { appointmentJourneyContract } from '../../workflows/appointments/appointment-journey.contract';
import { costsFrom } from '../costs';
import type { Sample } from '../report/rows';
import type { Stage } from '../stage';
import { becomes, until } from '../until';
import { freshTenant } from '../workload';

const STREAMS = 600;
const PER_APPEND = 50;
const APPENDS = 2;
const TRANSITIONS = STREAMS * PER_APPEND * APPENDS;

let started = 0;

/**
 * Transitions per second from the store to Kafka's acknowledgement and the saved checkpoint, all of them stored before;
 * void unless Kafka has them.
 */
export async function measureRelay(stage: Stage, limitMs: number): Promise<Sample[]> {
  const { pool, stack } = stage;
  started += 1;
  const path = require.resolve('../../infra/processes/relay-main');
  const store = createStore({ pool });
  const port = await freePort();
  const environment = { METRICS_PORT: String(port), METRICS_HOST: '127.0.0.1' };
  const relay = await stage.start({ name: `relay-alone-${started}`, path, environment });
  const isIdle = async () => {
    const unpublished = await store.feed.read(await store.subscriptions.checkpoint(RELAY_SUBSCRIPTION), 1);
    return unpublished.length === 0;
  };
  try {
    await appendAll(store, freshTenant('relay-warm-up'));
    await until(isIdle, { what: 'the relay to warm up', limitMs: 60_000, everyMs: 50 });
    relay.signal('SIGSTOP');
    const onKafka = await recordsIn(stage, appointmentJourneyContract.transitionsTopic);
    await appendAll(store, freshTenant('relay'));
    const began = performance.now();
    relay.signal('SIGCONT');
    const costs = costsFrom({ pids: { ...stack.pids, relay: relay.pid }, metricsPorts: { relay: port } });
    if (!(await becomes(isIdle, { limitMs, everyMs: 10 })))
      throw new Error(`the relay takes longer than ${limitMs} ms`);
    const elapsedMs = performance.now() - began;
    const published = (await recordsIn(stage, appointmentJourneyContract.transitionsTopic)) - onKafka;
    if (published < TRANSITIONS) throw new Error(`${published} of ${TRANSITIONS} transitions are on Kafka`);
    return [{ id: 'relay', value: (TRANSITIONS * 1_000) / elapsedMs, ...(await costs(TRANSITIONS)) }];
  } finally {
    await relay.stop();
    await store.close();
  }
}

/** How many a topic was ever given. */
async function recordsIn({ admin }: Stage, topic: string): Promise<number> {
  const ends = await admin.endOffsets(topic);
  return ends.reduce((sum, { offset }) => sum + Number(offset), 0);
}

async function appendAll(store: Store, tenantId: string): Promise<void> {
  const { target } = appointmentJourneyContract;
  const streams = Array.from({ length: STREAMS }, (_, key) => `appointment-${key}`);
  for (let version = 0; version < APPENDS * PER_APPEND; version += PER_APPEND) {
    const stage = (at: number) => `stage-${at}`;
    const moves = Array.from({ length: PER_APPEND }, (_, at) => ({
      at: version + at,
      eventId: `event-${version + at}`,
    }));
    const results = await Promise.all(
      streams.map((key) =>
        store.append({
          ...{ subject: `${target}/${tenantId}/${key}`, target, tenantId, key },
          chain: 'bench',
          correlationId: key,
          expectedVersion: version,
          transitions: moves.map(({ at, eventId }) => ({
            from: at === 0 ? null : stage(at - 1),
            to: stage(at),
            causes: [eventId],
          })),
          consumed: moves.map(({ at, eventId }) => ({ eventId, version: at })),
          late: [],
          after: { stage: stage(version + PER_APPEND - 1), state: null, machineVersion: 1, closed: false },
        }),
      ),
    );
    if (results.some(({ status }) => status !== 'recorded')) throw new Error('an append was not recorded');
  }
}
