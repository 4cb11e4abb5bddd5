import type { Registry } from '@millrace/events';
import type {
  Clock,
  ConsumerLimits,
  ConsumerMetrics,
  ConsumerStats,
  KafkaDriver,
  Logger,
  PartitionLag,
  Producer,
} from '@millrace/kafka';
import type { Store } from '../../store/store';
import type { BridgeMetrics } from '../metrics';
import type { CountedCalls } from './call-counter';
import type { Route } from './route';
import { BARRIER_DEADLINE_MS, CALLS_PER_BARRIER } from './workflow-calls';

/** Every limit has a default; times in milliseconds. */
export interface BridgeLimits extends ConsumerLimits {
  readonly callsPerBarrier: number;
  readonly eventsPerBarrier: number;
  readonly barrierDeadlineMs: number;
  readonly blockedParkMs: number;
  readonly sweepIntervalMs: number;
  readonly earlyMaxAgeMs: number;
  /** Lanes drained by the sweep at a time; each holds a database connection. */
  readonly sweepWidth: number;
  /** Lanes remembered. */
  readonly rememberedLanes: number;
}

export const BRIDGE_LIMITS: Omit<BridgeLimits, keyof ConsumerLimits> &
  Pick<ConsumerLimits, 'maxBatch' | 'maxBatchBytes'> = {
  maxBatch: 256,
  maxBatchBytes: 256 * 1024,
  callsPerBarrier: CALLS_PER_BARRIER,
  eventsPerBarrier: 60,
  barrierDeadlineMs: BARRIER_DEADLINE_MS,
  blockedParkMs: 30_000,
  sweepIntervalMs: 1_000,
  earlyMaxAgeMs: 24 * 3_600_000,
  sweepWidth: 3,
  rememberedLanes: 100_000,
};

/** What the bridge asks of the store. */
export interface BridgeStore extends Pick<Store, 'recordLate'> {
  readonly streams: Pick<Store['streams'], 'verdicts'>;
  readonly parking: Pick<Store['parking'], 'parked' | 'tryHold' | 'due' | 'unstarted'>;
  readonly ledger: Pick<Store['ledger'], 'write'>;
}

export interface BridgeOptions {
  readonly driver: KafkaDriver;
  /** For dead letters; stays the caller's. */
  readonly producer: Producer;
  readonly store: BridgeStore;
  /** `hostedWorkflows({ client, ... })`, or `createCallCounter().own(temporalCalls(client))`. */
  readonly workflows: CountedCalls;
  readonly registry: Registry;
  readonly routes: readonly Route[];
  readonly groupId: string;
  /** Default: the topics of the routes' events. */
  readonly topics?: readonly string[] | undefined;
  readonly limits?: Partial<BridgeLimits> | undefined;
  readonly sessionTimeoutMs?: number | undefined;
  readonly logger?: Logger | undefined;
  readonly metrics?: BridgeMetrics | undefined;
  readonly consumerMetrics?: ConsumerMetrics | undefined;
  readonly clock?: Clock | undefined;
  /** For jitter; in [0, 1). */
  readonly random?: (() => number) | undefined;
}

export interface BridgeStats extends ConsumerStats {
  readonly rememberedLanes: number;
}

export interface Bridge {
  /** Joins the group. Rejects with a `KafkaError` if that fails. */
  start(): Promise<void>;
  /** Finishes what is in flight, commits, leaves the group, lets go of parked lanes. */
  stop(): Promise<void>;
  stats(): BridgeStats | undefined;
  lag(): readonly PartitionLag[];
  /** Resolves with the reason why the bridge cannot go on: end the process. */
  readonly crashed: Promise<Error>;
}

/** Where the bridge finds the events of these routes. */
export const topicsOf = (routes: readonly Route[]): string[] => [
  ...new Set(routes.flatMap(({ topic }) => (topic === null ? [] : [topic]))),
];

export function routesByType(routes: readonly Route[]): ReadonlyMap<string, readonly Route[]> {
  const byType = new Map<string, Route[]>();
  for (const route of routes) byType.set(route.eventType, [...(byType.get(route.eventType) ?? []), route]);
  return byType;
}
