import type { Contender, ContenderName } from './contender';
import { measureLatency } from './measure/latency';
import { measurePreloaded, warmUp } from './measure/preloaded';
import { measureRawSignals } from './measure/raw-signals';
import { startNaive } from './naive/naive';
import { startOurs } from './ours';
import type { RowSpec, Sample } from './report/rows';
import type { Stage } from './stage';

/** What the table shows, in its order. */
export const specs: readonly RowSpec[] = [
  { id: 'raw-signals', what: 'a bare client, 64 calls in flight, 100 workflows', unit: 'signals/s' },
  { id: 'new-keys.naive', what: '6,000 events over 600 new keys, naive bridge', unit: 'events/s' },
  { id: 'new-keys.ours', what: '6,000 events over 600 new keys, ours', unit: 'events/s' },
  { id: 'new-keys.ours-activity', what: 'the same with RECORDING=activity', unit: 'events/s' },
  {
    id: 'new-keys.ratio',
    what: 'ours over naive',
    unit: 'times',
    wanted: { atLeast: 4 },
    ratioOf: ['new-keys.ours', 'new-keys.naive'],
  },
  { id: 'hot-key.naive', what: '2,000 events of one key, naive bridge', unit: 'events/s' },
  { id: 'hot-key.ours', what: '2,000 events of one key, ours', unit: 'events/s' },
  { id: 'hot-key.ours-activity', what: 'the same with RECORDING=activity', unit: 'events/s' },
  {
    id: 'hot-key.ratio',
    what: 'ours over naive',
    unit: 'times',
    wanted: { atLeast: 50 },
    ratioOf: ['hot-key.ours', 'hot-key.naive'],
  },
  { id: 'latency.naive.p50', what: '100 events/s, produced to row in PostgreSQL, naive bridge', unit: 'ms' },
  { id: 'latency.naive.p99', what: '100 events/s, produced to row in PostgreSQL, naive bridge', unit: 'ms' },
  {
    id: 'latency.ours.p50',
    what: '100 events/s, produced to transition on Kafka, ours',
    unit: 'ms',
    wanted: { below: 50 },
  },
  {
    id: 'latency.ours.p99',
    what: '100 events/s, produced to transition on Kafka, ours',
    unit: 'ms',
    wanted: { below: 250 },
  },
  { id: 'latency.ours-activity.p50', what: 'the same with RECORDING=activity', unit: 'ms' },
  { id: 'latency.ours-activity.p99', what: 'the same with RECORDING=activity', unit: 'ms' },
];

/** One figure or several that are taken together. */
export interface Measurement {
  /** Of the rows that it gives. */
  readonly ids: readonly string[];
  run(stage: Stage): Promise<readonly Sample[]>;
}

const starters: Readonly<Record<ContenderName, (stage: Stage) => Promise<Contender>>> = {
  naive: startNaive,
  ours: (stage) => startOurs(stage),
  'ours-activity': (stage) => startOurs(stage, 'activity'),
};

/** Starts a contender, warms it up, measures, and ends it: only one is up at a time. */
const withContender =
  (name: ContenderName, measure: (stage: Stage, contender: Contender) => Promise<readonly Sample[]>) =>
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
  const newKeys = { id: 'new-keys', keys: 600, perKey: 10, limitMs, pollMs: 50 };
  const hotKey = { id: 'hot-key', keys: 1, perKey: 2_000, limitMs, pollMs: 10 };
  const latency = { perSecond: 100, seconds: quick ? 10 : 30, stragglersMs: 20_000 };
  const contenders: readonly ContenderName[] = ['naive', 'ours', 'ours-activity'];
  return [
    { ids: ['raw-signals'], run: (stage) => measureRawSignals(stage, quick ? 5 : 10) },
    ...[newKeys, hotKey].flatMap((workload) =>
      contenders.map((name) => ({
        ids: [`${workload.id}.${name}`],
        run: withContender(name, (stage, contender) => measurePreloaded(stage, contender, workload)),
      })),
    ),
    ...contenders.map((name) => ({
      ids: [`latency.${name}.p50`, `latency.${name}.p99`],
      run: withContender(name, (stage, contender) => measureLatency(stage, contender, latency)),
    })),
  ];
}
