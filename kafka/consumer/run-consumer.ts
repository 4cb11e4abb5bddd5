import { type Backoff, backoffMs } from '../backoff';
import { systemClock } from '../clock';
import { KafkaError } from '../errors';
import { silent } from '../logger';
import type { GroupListener, GroupMember } from '../port';
import { type Call, createCore, type Input, type Output } from './core';
import { type ConsumerOptions, DEFAULT_LIMITS, type RunningConsumer } from './types';

const RETRY: Backoff = { initialMs: 100, maxMs: 10_000 };
const REJOIN: Backoff = { initialMs: 500, maxMs: 30_000 };

/**
 * Runs the consumer core on a driver: the one consumer of the platform, for the bridge and for services.
 * Rejects with a `KafkaError` when the group cannot be joined. Later, a member that is lost for a reason that may pass joins
 * again by itself; for any other `crashed` resolves.
 */
export async function runConsumer<W>(options: ConsumerOptions<W>): Promise<RunningConsumer> {
  const {
    clock = systemClock,
    random = Math.random,
    logger = silent,
    metrics = {},
    retry = RETRY,
    stopDeadlineMs = 10_000,
  } = options;
  const { driver, groupId, topics, fromBeginning = true, sessionTimeoutMs } = options;
  const core = createCore<W>({ split: options.split, limits: { ...DEFAULT_LIMITS, ...options.limits }, retry, random });
  let member: GroupMember | undefined;
  let stopping: Promise<void> | undefined;
  let alarm: { readonly at: number; readonly cancel: () => void } | undefined;
  let drained = (): void => {};
  let crash = (_: Error): void => {};
  const crashed = new Promise<Error>((resolve) => {
    crash = resolve;
  });

  const tell = (input: Input<W>): void => {
    for (const output of core.step(input, clock.now())) perform(output);
    setAlarm();
  };

  const setAlarm = (): void => {
    const at = core.wakeAt();
    if (at === alarm?.at) return;
    alarm?.cancel();
    alarm = at === undefined ? undefined : { at, cancel: clock.after(at - clock.now(), ring) };
  };
  const ring = (): void => {
    alarm = undefined;
    tell({ type: 'timer' });
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
        member?.pause(output.partitions);
        break;
      case 'resume':
        member?.resume(output.partitions);
        break;
      case 'drained':
        drained();
        break;
      default:
        output satisfies never;
    }
  };

  const settle = async (call: Call<W>): Promise<void> => {
    const began = clock.now();
    try {
      await options.settle(call.lane, call.batch);
    } catch (error) {
      logger.warn({ error, lane: call.lane, items: call.batch.length }, 'a batch was rejected and will be tried again');
      metrics.retried?.(call.batch.length);
      tell({ type: 'failed', call });
      return;
    }
    metrics.settled?.(call.batch.length, clock.now() - began);
    tell({ type: 'settled', call });
  };

  const note = async (id: number, records: Parameters<NonNullable<typeof options.beforeCommit>>[0]): Promise<void> => {
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

  /** Ends being heard when its member is gone. */
  const listen = (): GroupListener & { readonly isGone: () => boolean } => {
    let gone = false;
    return {
      isGone: () => gone,
      assigned(partitions) {
        if (gone) return;
        logger.info({ groupId, partitions: partitions.length }, 'partitions assigned');
        metrics.assigned?.(partitions.length);
        tell({ type: 'assigned', partitions });
        options.onAssigned?.(partitions);
      },
      records(records, highWatermark) {
        if (gone) return;
        metrics.received?.(records[0]?.topic ?? '', records.length);
        tell({ type: 'records', records, highWatermark });
      },
      crashed(error) {
        if (gone) return;
        gone = true;
        member = undefined;
        lost(error);
      },
    };
  };

  const join = async (): Promise<void> => {
    const group = { groupId, topics, fromBeginning, ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }) };
    const listener = listen();
    const joined = await driver.join(group, listener);
    if (stopping !== undefined) await joined.stop();
    else if (!listener.isGone()) member = joined;
  };

  const lost = (error: Error): void => {
    if (stopping !== undefined) return;
    if (!(error instanceof KafkaError) || !error.retriable) {
      logger.error({ error, groupId }, 'the consumer cannot go on');
      crash(error);
      return;
    }
    logger.error({ error, groupId }, 'the consumer was lost and joins its group again');
    metrics.rejoined?.(error.code);
    void rejoin(1);
  };

  const rejoin = async (attempt: number): Promise<void> => {
    await new Promise<void>((resolve) => clock.after(backoffMs(REJOIN, attempt, random), resolve));
    if (stopping !== undefined) return;
    try {
      await join();
    } catch (error) {
      if (!(error instanceof KafkaError) || !error.retriable)
        return lost(error instanceof Error ? error : new Error(String(error)));
      logger.error({ error, groupId, attempt }, 'the group cannot be joined yet');
      await rejoin(attempt + 1);
    }
  };

  const stop = async (): Promise<void> => {
    const isDrained = new Promise<boolean>((resolve) => {
      drained = () => resolve(true);
    });
    tell({ type: 'stop' });
    const inTime = await Promise.race([
      isDrained,
      new Promise<boolean>((resolve) => clock.after(stopDeadlineMs, () => resolve(false))),
    ]);
    if (!inTime)
      logger.warn({ groupId, ...core.stats() }, 'stopped before everything in flight was done; it will come again');
    alarm?.cancel();
    const leaving = member;
    member = undefined;
    await leaving?.stop();
  };

  await join();
  return {
    stop() {
      stopping ??= stop();
      return stopping;
    },
    lag: core.lag,
    stats: () => ({ joined: member !== undefined, ...core.stats() }),
    crashed,
  };
}
