import { appendSpecs } from './append-rows';
import { peerLatencies, peerRates } from './peers/peers';
import type { RowSpec } from './report/rows';

const naive = 'hand-written: eachMessage, signalWithStart and an activity per event';

/** What the table shows, in its order. */
export const specs: readonly RowSpec[] = [
  { id: 'raw-signals', what: 'a bare client, 64 calls in flight, 100 workflows', unit: 'signals/s' },

  {
    id: 'bare.client',
    what: '30,000 events over 600 new keys, a bare client with the calls of the next row',
    unit: 'events/s',
  },
  { id: 'bare.bridge', what: 'the same, our bridge alone, from a full topic', unit: 'events/s' },
  {
    id: 'bridge-vs-bare',
    what: 'our bridge alone over the bare client',
    unit: 'times',
    wanted: { atLeast: 0.9 },
    ratioOf: ['bare.bridge', 'bare.client'],
  },
  { id: 'bare.ledger', what: 'our bridge alone, with the ledger', unit: 'events/s' },
  {
    id: 'ledger-share',
    what: 'our bridge alone with the ledger over without',
    unit: 'times',
    wanted: { atLeast: 0.9 },
    ratioOf: ['bare.ledger', 'bare.bridge'],
  },
  { id: 'bare.recorded', what: 'the bare client, each call recorded by one local activity', unit: 'events/s' },
  { id: 'path.ours', what: 'the same events, the whole platform', unit: 'events/s' },
  {
    id: 'path-vs-bare',
    what: 'the whole platform over the bare client whose calls are recorded',
    unit: 'times',
    wanted: { atLeast: 0.6 },
    ratioOf: ['path.ours', 'bare.recorded'],
  },

  { id: 'new-keys.naive', what: `6,000 events over 600 new keys, ${naive}`, unit: 'events/s' },
  { id: 'new-keys.ours', what: 'the same, ours, a workflow of its own each', unit: 'events/s' },
  { id: 'new-keys.ours-activity', what: 'the same with RECORDING=activity', unit: 'events/s' },
  { id: 'new-keys.pooled', what: 'the same, ours, pooled in 16 hosts', unit: 'events/s' },
  {
    id: 'new-keys.ratio',
    what: 'ours over the hand-written bridge',
    unit: 'times',
    wanted: { atLeast: 4 },
    ratioOf: ['new-keys.ours', 'new-keys.naive'],
  },
  ...peerRates('new-keys', 'the same', ['new-keys.ours', 'new-keys.pooled']),
  {
    id: 'new-keys-own',
    what: 'ours, a workflow of its own each, over the hand-written bridge with a local activity',
    unit: 'times',
    wanted: { atLeast: 4 },
    ratioOf: ['new-keys.ours', 'new-keys.naive-local'],
  },
  {
    id: 'new-keys-pooled',
    what: 'ours, pooled, over Restate',
    unit: 'times',
    wanted: { atLeast: 4 },
    ratioOf: ['new-keys.pooled', 'new-keys.restate'],
  },

  {
    id: 'warm-keys-own',
    what: '30,000 events over 600 open workflows',
    unit: 'events/s',
    wanted: { atLeast: 3_000 },
  },
  {
    id: 'many-keys-pooled',
    what: '50,000 events over 20,000 new keys, pooled',
    unit: 'events/s',
    wanted: { atLeast: 4_000 },
  },

  { id: 'hot-key', what: '10,000 events of one key, in order, ours', unit: 'events/s', wanted: { atLeast: 3_000 } },
  { id: 'hot-key.pooled', what: 'the same, pooled', unit: 'events/s' },
  ...peerRates('hot-key', '10,000 events of one key', ['hot-key', 'hot-key.pooled']),
  {
    id: 'hot-key.over-restate',
    what: 'ours over Restate',
    unit: 'times',
    wanted: { atLeast: 10 },
    ratioOf: ['hot-key', 'hot-key.restate'],
  },
  { id: 'hot-key.ours', what: '2,000 events of one key, ours', unit: 'events/s' },
  { id: 'hot-key.naive', what: '2,000 events of one key, the hand-written bridge', unit: 'events/s' },
  {
    id: 'hot-key.ratio',
    what: 'ours over the hand-written bridge',
    unit: 'times',
    wanted: { atLeast: 50 },
    ratioOf: ['hot-key.ours', 'hot-key.naive'],
  },

  {
    id: 'latency.naive',
    what: '100 events/s, open loop, produced to row in PostgreSQL, the hand-written bridge: p50',
    unit: 'ms',
  },
  { id: 'latency.naive.p99', what: 'the same: p99', unit: 'ms' },
  ...peerLatencies('latency', '100 events/s, produced to row in PostgreSQL', 'latency-store'),
  {
    id: 'latency.ours',
    what: '100 events/s, produced to transition on Kafka, ours: p50',
    unit: 'ms',
    wanted: { below: 50 },
  },
  { id: 'latency.ours.p99', what: 'the same: p99', unit: 'ms', wanted: { below: 250 } },
  { id: 'latency.ours-activity', what: 'the same with RECORDING=activity: p50', unit: 'ms' },
  { id: 'latency.ours-activity.p99', what: 'the same: p99', unit: 'ms' },
  {
    id: 'latency-store',
    what: '100 events/s, produced to committed in the store, pooled in one host: p50',
    unit: 'ms',
    wanted: { atMost: 20 },
  },
  { id: 'latency-store.p99', what: 'the same: p99', unit: 'ms', wanted: { atMost: 60 } },
  {
    id: 'latency-kafka',
    what: '100 events/s, produced to transition on Kafka, pooled in one host: p50',
    unit: 'ms',
    wanted: { atMost: 35 },
  },
  { id: 'latency-kafka.p99', what: 'the same: p99', unit: 'ms', wanted: { atMost: 100 } },

  {
    id: 'steady',
    what: '833 events/s over 10,000 open journeys, pooled in 4 hosts, 10 minutes: produced to stored, p99',
    unit: 'ms',
    wanted: { below: 1_000 },
  },
  {
    id: 'steady.memory',
    what: 'memory of worker, bridge, relay and Temporal: mean of the last quarter over that of the second',
    unit: 'times',
    wanted: { atMost: 1.25 },
  },
  {
    id: 'open-journeys',
    what: '100,000 open journeys with deadlines, pooled in 16 hosts: memory of worker and Temporal',
    unit: 'MiB',
    wanted: { atMost: 2_048 },
  },
  {
    id: 'open-journeys.lateness',
    what: 'deadlines that fall due at 100/s among them: lateness, p99',
    unit: 'ms',
    wanted: { atMost: 1_000 },
  },
  {
    id: 'relay',
    what: 'stored to acknowledged by Kafka',
    unit: 'transitions/s',
    wanted: { atLeast: 10_000 },
  },
  ...appendSpecs,
];
