import { appendMeasurements } from './append-rows';
import type { Contender } from './contender';
import { bareWorkload, measureBare } from './measure/bare';
import { measureLatency } from './measure/latency';
import { measureOpenJourneys } from './measure/open-journeys';
import { measurePreloaded, type Preloaded, warmUp } from './measure/preloaded';
import { measureRawSignals } from './measure/raw-signals';
import { measureRelay } from './measure/relay';
import { measureSteady } from './measure/steady';
import type { Measurement } from './measurement';
import { startNaive } from './naive/naive';
import { startOurs } from './ours';
import { peerStarters, peers } from './peers/peers';
import { orSkipped } from './peers/skip';
import type { Sample } from './report/rows';
import type { Stage } from './stage';
import { beginnings, interleaved, middles, shortLives } from './workload';

export type { Measurement } from './measurement';

/** Fewer hosts for a steady rate: with both cores busy an event waits for the turns of all hosts. */
const pooledIn = (hosts: number) => ({ HOSTING: `appointmentJourney=pooled:${hosts}` });

const starters = {
  ...peerStarters,
  naive: (stage: Stage) => startNaive(stage),
  ours: (stage: Stage) => startOurs(stage, 'ours'),
  'ours-activity': (stage: Stage) => startOurs(stage, 'ours-activity', { RECORDING: 'activity' }),
  pooled: (stage: Stage) => startOurs(stage, 'pooled', pooledIn(16)),
  'few-hosts': (stage: Stage) => startOurs(stage, 'few-hosts', pooledIn(4)),
  'one-host': (stage: Stage) => startOurs(stage, 'one-host', pooledIn(1)),
} satisfies Record<string, (stage: Stage) => Promise<Contender>>;

/** Starts a contender, warms it up, measures, and ends it: only one is up at a time. */
const withContender =
  (name: keyof typeof starters, measure: (stage: Stage, contender: Contender) => Promise<readonly Sample[]>) =>
  async (stage: Stage): Promise<readonly Sample[]> => {
    const contender = await starters[name](stage);
    try {
      await warmUp(stage, contender);
      return await measure(stage, contender);
    } finally {
      await contender.stop();
    }
  };

/** One round, in order; the contenders take turns on each workload. */
export function measurements(quick: boolean): readonly Measurement[] {
  const limitMs = quick ? 20_000 : 60_000;
  const preloaded = (name: keyof typeof starters, workload: Omit<Preloaded, 'limitMs'>): Measurement => ({
    ids: [workload.id],
    run: withContender(name, (stage, contender) => measurePreloaded(stage, contender, { ...workload, limitMs })),
  });
  const newKeys = { pollMs: 50, events: (tenantId: string) => interleaved(tenantId, 600, 10) };
  const hotKey = (events: number) => ({ pollMs: 10, events: (tenantId: string) => interleaved(tenantId, 1, events) });
  const latency = (name: keyof typeof starters, id: string, storeId: string): Measurement => ({
    ids: [id, `${id}.p99`, storeId, `${storeId}.p99`],
    run: withContender(name, (stage, contender) =>
      measureLatency(stage, contender, { id, storeId, perSecond: 100, seconds: quick ? 10 : 30, stragglersMs: 20_000 }),
    ),
  });
  const all: readonly Measurement[] = [
    { ids: ['raw-signals'], run: (stage) => measureRawSignals(stage, quick ? 5 : 10) },
    { ids: ['bare.client', 'bare.bridge', 'bare.ledger', 'bare.recorded'], run: measureBare },
    preloaded('ours', { id: 'path.ours', pollMs: 50, events: bareWorkload }),
    preloaded('naive', { id: 'new-keys.naive', ...newKeys }),
    ...peers.map((peer) => preloaded(peer, { id: `new-keys.${peer}`, ...newKeys })),
    preloaded('ours', { id: 'new-keys.ours', ...newKeys }),
    preloaded('ours-activity', { id: 'new-keys.ours-activity', ...newKeys }),
    preloaded('pooled', { id: 'new-keys.pooled', ...newKeys }),
    preloaded('ours', {
      id: 'warm-keys-own',
      pollMs: 100,
      opening: (tenantId) => beginnings(tenantId, 600),
      events: (tenantId) => middles(tenantId, 600, 50),
    }),
    preloaded('pooled', { id: 'many-keys-pooled', pollMs: 250, events: (tenantId) => shortLives(tenantId, 20_000) }),
    preloaded('ours', { id: 'hot-key', ...hotKey(10_000) }),
    preloaded('pooled', { id: 'hot-key.pooled', ...hotKey(10_000) }),
    ...peers.map((peer) => preloaded(peer, { id: `hot-key.${peer}`, ...hotKey(10_000) })),
    preloaded('naive', { id: 'hot-key.naive', ...hotKey(2_000) }),
    preloaded('ours', { id: 'hot-key.ours', ...hotKey(2_000) }),
    latency('naive', 'latency.naive', 'latency.naive.store'),
    ...peers.map((peer) => latency(peer, `latency.${peer}`, `latency.${peer}.store`)),
    latency('ours', 'latency.ours', 'latency.ours.store'),
    latency('ours-activity', 'latency.ours-activity', 'latency.ours-activity.store'),
    latency('one-host', 'latency-kafka', 'latency-store'),
    {
      ids: ['steady', 'steady.memory'],
      once: true,
      run: withContender('few-hosts', (stage, contender) =>
        measureSteady(stage, contender, { journeys: 10_000, perSecond: 833, seconds: quick ? 30 : 600 }),
      ),
    },
    {
      ids: ['open-journeys', 'open-journeys.lateness'],
      once: true,
      run: withContender('pooled', (stage, contender) =>
        measureOpenJourneys(stage, contender, {
          journeys: quick ? 10_000 : 100_000,
          duePerSecond: 100,
          dueSeconds: 30,
          reminderBeforeMs: 24 * 3_600_000,
        }),
      ),
    },
    { ids: ['relay'], run: (stage) => measureRelay(stage, quick ? 20_000 : 60_000) },
    ...appendMeasurements(quick ? 5 : 10),
  ];
  return all.map(orSkipped);
}
