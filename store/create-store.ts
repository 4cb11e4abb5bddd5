import type { Pool } from 'pg';
import { runExpecting } from './append/append-expected';
import { createGroupCommit } from './append/group-commit';
import { appendOperation } from './append/operations';
import type { Operation } from './append/stored';
import { queryable, withConnection } from './connection';
import { createDeadLetters } from './dead-letters';
import { StoreError, storeError } from './errors';
import { createCheckpoints, createFeed } from './feed';
import { createHosting } from './hosting/hosts';
import { createPlacements } from './hosting/placements';
import { createLeases } from './leases';
import { createLedger } from './ledger';
import { requireMigrated } from './migrated';
import { createLanes } from './parking/lanes';
import { createParking } from './parking/parking';
import { createReport } from './reconcile';
import { createSettling } from './settle';
import type { Store } from './store';
import { createStreams } from './streams';
import type { AppendRequest, AppendResult } from './types';

/** Told what happens; must not throw. */
export interface StoreMetrics {
  /** One transaction of appends was committed, or failed. */
  committed?(group: { readonly operations: number; readonly seconds: number; readonly failed: boolean }): void;
  appended?(result: AppendResult): void;
}

export interface StoreOptions {
  /** At least 4 connections. Stays the caller's, who ends it after `close()`. */
  readonly pool: Pool;
  /** Ages and days are counted by it. Times in the streams are PostgreSQL's. */
  readonly clock?: { now(): Date };
  readonly metrics?: StoreMetrics;
}

const GROUP = { requests: 128, bytes: 4 * 1024 * 1024 };
const TRANSACTIONS = 2;
const WORTH_DIVIDING = 4 * 1024;
const LANE_WAIT = { waitMs: 5_000, retryMs: 100 };
const HEARTBEAT_MS = 5_000;

/** How the pool is shared: appends, lanes and leases leave one another, and short reads, a connection. */
function shares(pool: Pool): { readonly lanes: number; readonly leases: number } {
  const spare = pool.options.max - TRANSACTIONS;
  if (spare < 2)
    throw new StoreError('bad-request', 'The pool needs at least 4 connections', { max: pool.options.max });
  return { lanes: Math.max(1, Math.floor(spare / 2)), leases: Math.max(1, Math.floor(spare / 2) - 1) };
}

/** The event store on PostgreSQL. The migrations must have run (`migrate`). */
export function createStore({ pool, clock = { now: () => new Date() }, metrics = {} }: StoreOptions): Store {
  const now = (): Date => clock.now();
  const share = shares(pool);
  const connection = queryable(pool);
  const lanes = createLanes(pool, { maxHeld: share.lanes, ...LANE_WAIT });
  const leases = createLeases(pool, { maxHeld: share.leases, heartbeatMs: HEARTBEAT_MS });
  const commits = createGroupCommit({
    limits: GROUP,
    transactions: TRANSACTIONS,
    worthDividing: WORTH_DIVIDING,
    run: (operations) =>
      timed(operations.length, metrics, () => withConnection(pool, (client) => runExpecting(client, operations))),
  });
  const answer = (result: PromiseSettledResult<AppendResult> | undefined): AppendResult | StoreError => {
    if (result?.status !== 'fulfilled') return storeError(result?.reason);
    metrics.appended?.(result.value);
    return result.value;
  };
  survive(pool);

  return {
    async append(request) {
      const result = await commits.submit(appendOperation(request));
      metrics.appended?.(result);
      return result;
    },
    async appendMany(requests) {
      const operations = requests.map(soundOrError);
      const sound = operations.flatMap((operation) => (operation instanceof StoreError ? [] : [operation]));
      const results = (await commits.submitAll(sound)).values();
      return operations.map((operation) =>
        operation instanceof StoreError ? operation : answer(results.next().value),
      );
    },
    ...createSettling(commits, lanes),
    placement: createPlacements(connection),
    hosting: createHosting(pool, now),
    streams: createStreams(connection),
    feed: createFeed(connection),
    subscriptions: { ...createCheckpoints(connection), tryLease: leases.tryLease },
    parking: createParking(connection, lanes, now),
    ledger: createLedger(pool, now),
    deadLetters: createDeadLetters(connection),
    report: createReport(connection),

    ping: () => requireMigrated(connection),

    async close() {
      await commits.close();
      await leases.releaseAll();
    },
  };
}

function soundOrError(request: AppendRequest): Operation<AppendResult> | StoreError {
  try {
    return appendOperation(request);
  } catch (error) {
    return storeError(error);
  }
}

const survived = new WeakSet<Pool>();

/**
 * A connection that breaks while idle leaves the pool by itself; without a listener the process would end. It stays as long
 * as the pool does: connections break between `close()` and the pool's end as well.
 */
function survive(pool: Pool): void {
  if (survived.has(pool)) return;
  survived.add(pool);
  pool.on('error', () => undefined);
}

async function timed<T>(operations: number, metrics: StoreMetrics, work: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const tell = (failed: boolean): void =>
    metrics.committed?.({ operations, failed, seconds: (performance.now() - from) / 1000 });
  try {
    const value = await work();
    tell(false);
    return value;
  } catch (error) {
    tell(true);
    throw error;
  }
}
