import type { Consumer, ConsumerGroupJoinEvent, EachBatchPayload, Kafka } from 'kafkajs';
import type { Clock } from '../clock';
import { KafkaError } from '../errors';
import type { Logger } from '../logger';
import type { GroupListener, GroupMember, KafkaDriver, RecordPlace, TopicPartition } from '../port';
import { createFence, type Fence } from './fence';
import { incomingRecord } from './records';
import { translateError } from './translate-error';
import { createWatchdog } from './watchdog';

export interface MemberOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

type Group = Parameters<KafkaDriver['join']>[0];

/** Fetches wait this long for records; kafkajs also sleeps as long when everything is paused, and sends no heartbeat meanwhile. */
const MAX_WAIT_MS = 250;
/** Small bites, so that one fetch does not fill the consumer up and cost it a pause; a larger record still comes, alone. */
const MAX_BYTES_PER_PARTITION = 256 * 1024;
const MAX_BYTES = 4 * 1024 * 1024;
const SESSION_TIMEOUT_MS = 10_000;

/**
 * A member of a consumer group. Records are handed over at once and kafkajs commits nothing by itself; what it does wrong around
 * rebalances is kept out by the fence. A crash, and silence for three session timeouts, are told as `crashed`: kafkajs's own
 * restart is switched off, because it forgets that it was asked to stop (tulios/kafkajs#1593).
 */
export async function joinGroup(
  kafka: Kafka,
  group: Group,
  listener: GroupListener,
  { clock, logger }: MemberOptions,
): Promise<GroupMember> {
  const sessionTimeout = group.sessionTimeoutMs ?? SESSION_TIMEOUT_MS;
  const consumer = kafka.consumer({
    groupId: group.groupId,
    sessionTimeout,
    rebalanceTimeout: Math.max(sessionTimeout, 10_000),
    heartbeatInterval: Math.min(1_000, Math.floor(sessionTimeout / 3)),
    maxWaitTimeInMs: MAX_WAIT_MS,
    maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
    maxBytes: MAX_BYTES,
    allowAutoTopicCreation: false,
    retry: { retries: 5, restartOnFailure: async () => false },
  });
  const fence = createFence();
  let commitVia: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  let memberId: string | undefined;
  let ended = false;

  const end = (error: unknown): void => {
    if (ended) return;
    ended = true;
    fence.close();
    watchdog.stop();
    consumer
      .disconnect()
      .catch((failure: unknown) => logger.debug({ error: failure }, 'a crashed consumer did not disconnect'));
    listener.crashed(translateError(error));
  };
  const watchdog = createWatchdog(clock, 3 * sessionTimeout, () =>
    end(new KafkaError('stalled', `no fetch and no heartbeat for ${3 * sessionTimeout} ms`)),
  );

  consumer.on(consumer.events.FETCH, watchdog.alive);
  consumer.on(consumer.events.HEARTBEAT, watchdog.alive);
  consumer.on(consumer.events.CRASH, ({ payload }) => end(payload.error));
  // Answered joins change the generation under which kafkajs commits, before it says GROUP_JOIN.
  consumer.on(consumer.events.REQUEST, ({ payload }) => {
    if (payload.apiName === 'JoinGroup' || payload.apiName === 'SyncGroup') fence.close();
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    watchdog.alive();
    if (ended) {
      consumer.disconnect().catch(() => {});
      return;
    }
    commitVia = undefined;
    resumeAll(consumer);
    const partitions = assignment(payload);
    fence.open(partitions, payload.memberId === memberId);
    memberId = payload.memberId;
    listener.assigned(partitions);
  });

  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    if (ended) return;
    commitVia = payload.commitOffsetsIfNecessary;
    handOver(payload, fence, listener, logger);
  };

  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...group.topics], fromBeginning: group.fromBeginning });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
  } catch (error) {
    ended = true;
    watchdog.stop();
    await consumer.disconnect().catch(() => {});
    throw translateError(error);
  }

  return {
    pause: (partitions) => {
      if (!ended) consumer.pause(byTopic(partitions));
    },
    resume: (partitions) => {
      if (!ended) consumer.resume(byTopic(partitions));
    },
    commit: async (offsets) => {
      if (ended) throw new KafkaError('closed', 'the member has left');
      fence.checkCommit(offsets);
      if (commitVia === undefined) throw new KafkaError('not-assigned', 'nothing has been read since the assignment');
      try {
        // Not `consumer.commitOffsets`: that one retries, and after a rebalance commits old offsets under the new generation.
        await commitVia({ topics: offsetsByTopic(offsets) });
      } catch (error) {
        throw translateError(error);
      }
      fence.committed(offsets);
    },
    stop: async () => {
      if (ended) return;
      ended = true;
      fence.close();
      watchdog.stop();
      await consumer.disconnect().catch((error: unknown) => {
        throw translateError(error);
      });
    },
  };
}

function handOver(
  { batch, resolveOffset }: EachBatchPayload,
  fence: Fence,
  listener: GroupListener,
  logger: Logger,
): void {
  const { topic, partition, messages } = batch;
  const last = messages[messages.length - 1];
  if (last === undefined) return;
  const next = BigInt(batch.lastOffset()) + 1n;
  if (!fence.admit({ topic, partition, from: fetchedFrom(batch), next })) {
    logger.info(
      { topic, partition, offset: batch.firstOffset() },
      'dropped a batch that was fetched before the rebalance',
    );
    return;
  }
  resolveOffset(last.offset);
  const end = BigInt(batch.highWatermark);
  listener.records(
    messages.map((message) => incomingRecord(topic, partition, message)),
    // A transaction's end is a record of the log, too, but comes to nobody: behind the last one it would be lag for ever.
    next >= end ? BigInt(last.offset) + 1n : end,
  );
}

/** Not in kafkajs's types: the offset that the fetch asked for. */
const fetchedFrom = (batch: EachBatchPayload['batch'] & { readonly fetchedOffset?: string }): bigint =>
  BigInt(batch.fetchedOffset ?? batch.firstOffset() ?? '0');

const assignment = (payload: ConsumerGroupJoinEvent['payload']): TopicPartition[] =>
  Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  );

/** kafkajs keeps partitions paused across rebalances; a new assignment here starts with none. */
function resumeAll(consumer: Consumer): void {
  const paused = consumer.paused();
  if (paused.length > 0) consumer.resume(paused);
}

function byTopic(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  return [...topics].map(([topic, list]) => ({ topic, partitions: list }));
}

function offsetsByTopic(
  offsets: readonly RecordPlace[],
): { topic: string; partitions: { partition: number; offset: string }[] }[] {
  const topics = new Map<string, { partition: number; offset: string }[]>();
  for (const { topic, partition, offset } of offsets)
    topics.set(topic, [...(topics.get(topic) ?? []), { partition, offset: offset.toString() }]);
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}
