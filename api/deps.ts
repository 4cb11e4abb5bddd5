import { DEFAULT_LIMITS, type Registry } from '@millrace/events';
import type { Logger, Publisher } from '@millrace/kafka';
import type { Store } from '../store/store';
import type { WorkflowContract } from '../workflows/kit/contract';
import type { AuthConfig } from './http/auth';

/** The registry of `@millrace/events`, as far as the API needs it. */
export type EventRegistry = Pick<Registry, 'definitions' | 'decode'>;

/** The publisher of `@millrace/kafka`, as far as the API needs it. Resolves once Kafka has acknowledged. */
export type EventPublisher = Pick<Publisher, 'publishRecord'>;

/** The store, as far as the API needs it. */
export interface ApiStore {
  readonly streams: Pick<Store['streams'], 'get' | 'list' | 'transitions' | 'late' | 'verdict'>;
  readonly parking: Pick<Store['parking'], 'list' | 'parked'>;
  readonly ledger: Pick<Store['ledger'], 'byEvent'>;
  readonly deadLetters: Pick<Store['deadLetters'], 'list' | 'get' | 'markRedriven'>;
}

/** Something that the API cannot serve without; `check` rejects while it is away. */
export interface ReadinessCheck {
  readonly name: string;
  check(): Promise<void>;
}

export interface Limits {
  /** Of a request's body, after decompression. */
  readonly bodyBytes: number;
  /** Of one event, as JSON: what readers take. */
  readonly eventBytes: number;
  readonly batchEvents: number;
  /** Until a request has to be answered. */
  readonly requestTimeoutMs: number;
  /** Until Kafka has to acknowledge. */
  readonly publishTimeoutMs: number;
  readonly readinessTimeoutMs: number;
  /** How long `stop` waits for requests under way. */
  readonly drainMs: number;
  readonly connections: number;
  /** What a 503 asks the caller to wait. */
  readonly retryAfterSeconds: number;
}

export const defaultLimits: Limits = {
  bodyBytes: 1024 * 1024,
  eventBytes: DEFAULT_LIMITS.maxBytes,
  batchEvents: 500,
  requestTimeoutMs: 30_000,
  publishTimeoutMs: 15_000,
  readinessTimeoutMs: 2_000,
  drainMs: 10_000,
  connections: 2_000,
  retryAfterSeconds: 5,
};

export interface ApiDeps {
  readonly store: ApiStore;
  readonly publisher: EventPublisher;
  readonly registry: EventRegistry;
  /** The sagas and journeys that routes lead to. */
  readonly workflows: readonly Pick<WorkflowContract, 'target' | 'stages'>[];
  readonly auth: AuthConfig;
  /** `auth: { mode: 'off' }` is refused anywhere but in development. */
  readonly environment: 'development' | 'production';
  readonly readiness: readonly ReadinessCheck[];
  /** Prometheus text format. */
  metricsText(): Promise<string>;
  /** Told of every answered request; `route` is the pattern, so that it fits a metric's label. */
  observe?(request: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly seconds: number;
  }): void;
  /** Temporal's Web UI, for links; without it there are none. */
  readonly webUiUrl?: string | undefined;
  /** Temporal's namespace. */
  readonly namespace: string;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly clock?: (() => number) | undefined;
  readonly limits?: Partial<Limits> | undefined;
}
