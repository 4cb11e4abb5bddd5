import type { Backoff } from '../backoff';
import { type Clock, systemClock } from '../clock';
import { KafkaError } from '../errors';
import { silent } from '../logger';
import type { IncomingRecord, TopicPartition } from '../port';
import { createAlarm } from './alarm';
import { type Call, createCore, type Input, type Output } from './core';
import { createMembership } from './membership';
import { type ConsumerOptions, DEFAULT_LIMITS, type RunningConsumer } from './types';

const RETRY: Backoff = { initialMs: 100, maxMs: 10_000 };
const STOP_DEADLINE_MS = 10_000;

/**
 * Runs the consumer core on a driver: the one consumer of the platform, for the bridge and for services.
 * Rejects with a `KafkaError` when the group cannot be joined. Later, a member that is lost for a reason that may pass joins
 * again by itself; for any other `crashed` resolves.
 */
export async function runConsumer<W>(options: ConsumerOptions<W>): Promise<RunningConsumer> {
  const { driver, groupId, topics, fromBeginning = true, sessionTimeoutMs } = options;
  const { clock = systemClock, random = Math.random, logger = silent, metrics = {} } = options;
  const core = createCore<W>({
    split: options.split,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    retry: options.retry ?? RETRY,
    random,
  });
  const alarm = createAlarm(clock, () => tell({ type: 'timer' }));
  let ended = false;
  let drained = (): void => {};
  let stopping: Promise<void> | undefined;
  let crashed = (_: Error): void => {};
  const crash = new Promise<Error>((resolve) => {
    crashed = resolve;
  });

  const tell = (input: Input<W>): void => {
    if (ended) return;
    for (const output of core.step(input, clock.now())) perform(output);
    alarm.set(core.wakeAt());
  };

  const perform = (output: Output<W>): void => {
    switch (output.type) {
      case 'settle':
        void settle(output.call);
        break;
      case 'note':
        void note(output.id, output.records);
        break;
      case 'commit':
        void commit(output);
        break;
      case 'pause':
        membership.member()?.pause(output.partitions);
        break;
      case 'resume':
        membership.member()?.resume(output.partitions);
        break;
      case 'drained':
        drained();
        break;
      default:
        output satisfies never;
    }
  };

  const settle = async (call: Call<W>): Promise<void> => {
    const items = call.batch.length;
    const began = clock.now();
    try {
      await options.settle(call.lane, call.batch);
    } catch (error) {
      logger.warn({ error, lane: call.lane, items }, 'a batch was rejected and will be tried again');
      metrics.retried?.(items);
      tell({ type: 'failed', call });
      return;
    }
    metrics.settled?.(items, clock.now() - began);
    tell({ type: 'settled', call });
  };

  const note = async (id: number, records: readonly IncomingRecord[]): Promise<void> => {
    try {
      await options.beforeCommit?.(records);
    } catch (error) {
      logger.warn({ error, records: records.length }, 'offsets are not committed yet: what must come before failed');
      tell({ type: 'note-failed', id });
      return;
    }
    tell({ type: 'noted', id });
  };

  const commit = async ({ id, offsets, records }: Extract<Output<W>, { type: 'commit' }>): Promise<void> => {
    try {
      const member = membership.member();
      if (member === undefined) throw new KafkaError('not-assigned', 'not a member of the group now');
      await member.commit(offsets);
    } catch (error) {
      logger.info({ error, offsets: offsets.length }, 'a commit was refused');
      tell({ type: 'commit-failed', id });
      return;
    }
    metrics.committed?.(records);
    tell({ type: 'committed', id });
  };

  const assigned = (partitions: readonly TopicPartition[]): void => {
    logger.info({ groupId, partitions: partitions.length }, 'partitions assigned');
    metrics.assigned?.(partitions.length);
    tell({ type: 'assigned', partitions });
    options.onAssigned?.(partitions);
  };

  const take = (records: readonly IncomingRecord[], highWatermark: bigint): void => {
    metrics.received?.(records[0]?.topic ?? '', records.length);
    tell({ type: 'records', records, highWatermark });
  };

  const membership = createMembership({
    driver,
    group: { groupId, topics, fromBeginning, ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }) },
    listener: { assigned, records: take },
    crashed,
    rejoined: metrics.rejoined,
    clock,
    random,
    logger,
  });

  const stop = async (): Promise<void> => {
    const isDrained = new Promise<boolean>((resolve) => {
      drained = () => resolve(true);
    });
    tell({ type: 'stop' });
    if (!(await before(clock, options.stopDeadlineMs ?? STOP_DEADLINE_MS, isDrained)))
      logger.warn({ groupId, ...core.stats() }, 'stopped before everything in flight was done; it will come again');
    ended = true;
    alarm.set(undefined);
    await membership.leave();
  };

  await membership.join();
  return {
    stop() {
      stopping ??= stop();
      return stopping;
    },
    lag: core.lag,
    stats: () => ({ joined: membership.member() !== undefined, ...core.stats() }),
    crashed: crash,
  };
}

async function before(clock: Clock, ms: number, done: Promise<boolean>): Promise<boolean> {
  let cancel = (): void => {};
  const late = new Promise<boolean>((resolve) => {
    cancel = clock.after(ms, () => resolve(false));
  });
  const inTime = await Promise.race([done, late]);
  cancel();
  return inTime;
}
