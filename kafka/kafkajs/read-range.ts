import type { Kafka, KafkaMessage } from 'kafkajs';
import { KafkaError } from '../errors';
import type { IncomingRecord } from '../port';
import { incomingRecord } from './records';
import { translateError } from './translate-error';

/** What is used of kafkajs's inside, as it is in 2.2.4: its public consumer cannot read without a group. */
interface Broker {
  fetch(request: {
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): Promise<{ responses: { topicName: string; partitions: PartitionData[] }[] }>;
}
interface PartitionData {
  partition: number;
  highWatermark: string;
  messages: KafkaMessage[];
}
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  findBroker(by: { nodeId: string }): Promise<Broker>;
  fetchTopicsOffset(
    topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
}
interface Batch {
  readonly messages: KafkaMessage[];
  isEmptyIncludingFiltered(): boolean;
  lastOffset(): string;
}
type BatchClass = new (topic: string, from: string, data: PartitionData) => Batch;

const READ_COMMITTED = 1;
const MAX_BYTES = 4 * 1024 * 1024;

/** Ends at `until` or at the end of the log, whichever comes first; begins at the log's beginning when `from` is older. */
export async function* readRange(
  kafka: Kafka,
  topic: string,
  partition: number,
  from: bigint,
  until: bigint,
): AsyncGenerator<IncomingRecord> {
  if (from >= until) return;
  const cluster = clusterOf(kafka);
  try {
    await cluster.connect();
    await cluster.addTargetTopic(topic);
    const begin = await beginning(cluster, topic, partition);
    for (let at = from < begin ? begin : from; at < until; ) {
      const { records, next, end } = await fetchFrom(cluster, topic, partition, at);
      for (const record of records) if (record.offset < until) yield record;
      if (next >= end || next === at) return;
      at = next;
    }
  } catch (error) {
    throw translateError(error);
  } finally {
    await cluster.disconnect();
  }
}

async function fetchFrom(
  cluster: Cluster,
  topic: string,
  partition: number,
  at: bigint,
): Promise<{ records: IncomingRecord[]; next: bigint; end: bigint }> {
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
  if (nodeId === undefined) throw new KafkaError('unknown-topic', `${topic} has no partition ${partition}`);
  const broker = await cluster.findBroker({ nodeId });
  const { responses } = await broker.fetch({
    maxWaitTime: 10,
    minBytes: 0,
    maxBytes: MAX_BYTES,
    isolationLevel: READ_COMMITTED,
    topics: [{ topic, partitions: [{ partition, fetchOffset: at.toString(), maxBytes: MAX_BYTES }] }],
  });
  const data = responses[0]?.partitions[0];
  if (data === undefined) return { records: [], next: at, end: at };
  const KafkajsBatch: BatchClass = require('kafkajs/src/consumer/batch');
  const batch = new KafkajsBatch(topic, at.toString(), data);
  return {
    records: batch.messages.map((message) => incomingRecord(topic, partition, message)),
    next: batch.isEmptyIncludingFiltered() ? at : BigInt(batch.lastOffset()) + 1n,
    end: BigInt(data.highWatermark),
  };
}

async function beginning(cluster: Cluster, topic: string, partition: number): Promise<bigint> {
  const [offsets] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning: true }]);
  return BigInt(offsets?.partitions[0]?.offset ?? '0');
}

type CreateCluster = (options: {
  metadataMaxAge: number;
  allowAutoTopicCreation: boolean;
  isolationLevel: number;
}) => Cluster;

function clusterOf(kafka: Kafka): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  const create: unknown = symbol === undefined ? undefined : Reflect.get(kafka, symbol);
  if (typeof create !== 'function') throw new Error('this is not kafkajs 2.2.4: it has another inside');
  return (create as CreateCluster)({
    metadataMaxAge: 300_000,
    allowAutoTopicCreation: false,
    isolationLevel: READ_COMMITTED,
  });
}
