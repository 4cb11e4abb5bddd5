import type { OutgoingRecord, Producer } from '@millrace/kafka';
import { type Clock, type Logger, silent, systemClock } from '@millrace/kafka';
import type { Store } from '../../store/store';
import type { FeedEntry, FeedPosition } from '../../store/types';
import { noRelayMetrics, type RelayMetrics } from '../metrics';
import { type RelayTarget, toRecords } from './to-records';

export interface RelayOptions {
  readonly store: Pick<Store, 'feed' | 'subscriptions'>;
  readonly producer: Pick<Producer, 'send'>;
  /** Where each target's transitions go, and what becomes of its late events. */
  readonly contracts: readonly RelayTarget[];
  /** Of the subscription: its checkpoint and its lease. One relay publishes at a time, the others wait for the lease. */
  readonly name?: string;
  /** Entries read and sent at a time. */
  readonly batch?: number;
  /** Milliseconds between two looks at an idle feed: from `min`, doubled up to `max`. */
  readonly pollMs?: { readonly min: number; readonly max: number };
  /** Milliseconds before another try after a failure or without the lease. */
  readonly retryMs?: number;
  readonly logger?: Logger;
  readonly metrics?: RelayMetrics;
  readonly clock?: Clock;
}

export interface Relay {
  start(): void;
  /** Finishes the batch on its way, saves the checkpoint, gives the lease back. */
  stop(): Promise<void>;
  stats(): RelayStats;
}

export interface RelayStats {
  readonly leading: boolean;
  readonly publishedEntries: number;
  readonly checkpoint: FeedPosition | null;
}

/** The lease went to somebody else: what is read must not be published any more. */
class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/**
 * The feed's subscription that publishes to Kafka: the event store is its outbox. At least once, in feed order, under the same event
 * ids: after a crash or a failure it goes on from the last checkpoint.
 */
export function createRelay(options: RelayOptions): Relay {
  const { store, producer, contracts, name = 'relay', batch = 2_000, pollMs = { min: 10, max: 100 } } = options;
  const { retryMs = 1_000, logger = silent, metrics = noRelayMetrics, clock = systemClock } = options;
  const { now } = clock;
  const targets = new Map(contracts.map((contract) => [contract.target, contract]));
  const stopping = new AbortController();
  let done: Promise<void> = Promise.resolve();
  let leading = false;
  let publishedEntries = 0;
  let checkpoint: FeedPosition | null = null;

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const lease = await store.subscriptions.tryLease(name).catch((error) => failed(error, 'lease not asked for'));
      if (lease === undefined) {
        await pause(clock, retryMs, stopping.signal);
        continue;
      }
      try {
        lead(true);
        await publishWhile(AbortSignal.any([lease.lost, stopping.signal]), lease.lost);
      } catch (error) {
        if (!(error instanceof LeaseLost)) failed(error, 'publishing stopped; going on from the checkpoint');
      } finally {
        lead(false);
        await lease.release().catch((error) => failed(error, 'lease not given back'));
      }
      await pause(clock, retryMs, stopping.signal);
    }
  }

  /** Reads the next entries while the last ones are on their way; sends one request at a time, so that order holds. */
  async function publishWhile(going: AbortSignal, lost: AbortSignal): Promise<void> {
    checkpoint = await store.subscriptions.checkpoint(name);
    let idleMs = pollMs.min;
    let saving: Promise<void> = Promise.resolve();
    let reading = store.feed.read(checkpoint, batch);
    while (!going.aborted) {
      const entries = await reading;
      const last = entries.at(-1);
      if (last === undefined) {
        await saving;
        metrics.age(0);
        await pause(clock, idleMs, going);
        idleMs = Math.min(idleMs * 2, pollMs.max);
        if (!going.aborted) reading = store.feed.read(checkpoint, batch);
        continue;
      }
      idleMs = pollMs.min;
      reading = store.feed.read(last.at, batch);
      reading.catch(() => undefined);
      if (lost.aborted) throw new LeaseLost();
      await send(entries);
      await saving;
      checkpoint = last.at;
      saving = save(last.at);
      saving.catch(() => undefined);
    }
    await saving;
    await reading.catch(() => undefined);
  }

  async function send(entries: readonly FeedEntry[]): Promise<void> {
    const began = now();
    tellAge(entries); // also of what will not go out: the age has to grow while the relay fails
    const records: OutgoingRecord[] = toRecords(entries, targets);
    if (records.length > 0) await producer.send(records);
    publishedEntries += entries.length;
    for (const [topic, count] of countBy(records)) metrics.published(topic, count);
    for (const entry of entries) if (entry.kind === 'transition') metrics.transition(entry.target, entry.transition.to);
    metrics.batchEnded(entries.length, now() - began);
    tellAge(entries);
  }

  function tellAge([oldest]: readonly FeedEntry[]): void {
    if (oldest !== undefined) metrics.age(Math.max(0, now() - Date.parse(oldest.recordedAt)));
  }

  async function save(at: FeedPosition): Promise<void> {
    const moved = await store.subscriptions.save(name, at);
    if (!moved) throw new LeaseLost('the checkpoint is ahead of this relay: somebody else publishes');
  }

  function lead(holds: boolean): void {
    leading = holds;
    metrics.leading(holds);
    if (!holds) metrics.age(0); // what waits now is the next leader's to tell
  }

  function failed(error: unknown, message: string): undefined {
    metrics.failed();
    logger.error({ relay: name, error: error instanceof Error ? error.message : String(error) }, message);
    return undefined;
  }

  return {
    start() {
      done = run();
    },
    async stop() {
      stopping.abort();
      await done;
    },
    stats: () => ({ leading, publishedEntries, checkpoint }),
  };
}

function countBy(records: readonly OutgoingRecord[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { topic } of records) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return counts;
}

/** Resolves after `ms`, or as soon as the signal is aborted. */
const pause = (clock: Clock, ms: number, until: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (until.aborted) return resolve();
    const end = () => {
      cancel();
      until.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    until.addEventListener('abort', end);
  });
