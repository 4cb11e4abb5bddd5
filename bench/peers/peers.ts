import type { Contender } from '../contender';
import { startNaive } from '../naive/naive';
import type { RowSpec } from '../report/rows';
import type { Stage } from '../stage';
import { startDbos } from './dbos/dbos';
import { startRestate } from './restate/restate';

/** What others do with the same topic, events and row; beside the naive bridge, which is there anyway. */
export const peers = ['naive-local', 'restate', 'dbos', 'dbos-unordered'] as const;

type Peer = (typeof peers)[number];

const descriptions: Readonly<Record<Peer, string>> = {
  'naive-local': 'naive bridge with a local activity',
  restate: 'Restate with a Kafka subscription',
  dbos: "DBOS with its Kafka receiver, in a partition's order",
  'dbos-unordered': 'DBOS with its Kafka receiver, in no order',
};

/** They reject with `PeerMissing` where a peer cannot be had. */
export const peerStarters: Readonly<Record<Peer, (stage: Stage) => Promise<Contender>>> = {
  'naive-local': (stage) => startNaive(stage, 'naive-local'),
  restate: startRestate,
  dbos: (stage) => startDbos(stage, 'dbos'),
  'dbos-unordered': (stage) => startDbos(stage, 'dbos-unordered'),
};

/** A row per peer: `new-keys.restate`, beside those of ours. */
export const peerRates = (id: string, what: string, beside: readonly string[]): readonly RowSpec[] =>
  peers.map((peer) => ({ id: `${id}.${peer}`, what: `${what}, ${descriptions[peer]}`, unit: 'events/s', beside }));

/** Two rows per peer: `latency.restate`, which is the p50, and `latency.restate.p99`; beside the same two of ours. */
export const peerLatencies = (id: string, what: string, ours: string): readonly RowSpec[] =>
  peers.flatMap((peer) =>
    ['', '.p99'].map((share) => ({
      ...{ id: `${id}.${peer}${share}`, unit: 'ms', beside: [`${ours}${share}`] },
      what: `${what}, ${descriptions[peer]}: ${share === '' ? 'p50' : 'p99'}`,
    })),
  );
