import { type Admin, ConfigResourceTypes, type Kafka } from 'kafkajs';
import type { KafkaAdmin, RecordPlace, TopicSpec } from '../port';
import { translateError } from './translate-error';

export async function kafkajsAdmin(kafka: Kafka): Promise<KafkaAdmin> {
  const admin = kafka.admin();
  const translated = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      throw translateError(error);
    }
  };
  await translated(admin.connect());
  return {
    createTopics: (specs) => translated(createTopics(admin, specs)),
    describeTopics: (topics) => translated(describeTopics(admin, topics)),
    endOffsets: (topic) => translated(endOffsets(admin, topic)),
    committed: (groupId, topics) => translated(committed(admin, groupId, topics)),
    close: () => translated(admin.disconnect()),
  };
}

/** Topics that are there already are left as they are. */
async function createTopics(admin: Admin, specs: readonly TopicSpec[]): Promise<void> {
  const existing = new Set(await admin.listTopics());
  const missing = specs.filter(({ topic }) => !existing.has(topic));
  if (missing.length === 0) return;
  try {
    await admin.createTopics({ waitForLeaders: true, topics: missing.map(toTopicConfig) });
  } catch (error) {
    // Somebody else was faster: kafkajs tells of several topics in one aggregate.
    if (!onlySaysExists(error)) throw error;
  }
}

const toTopicConfig = ({ topic, partitions, replicationFactor, config }: TopicSpec) => ({
  topic,
  numPartitions: partitions,
  replicationFactor,
  configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
});

function onlySaysExists(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const errors: readonly unknown[] = 'errors' in error && Array.isArray(error.errors) ? error.errors : [error];
  return errors.every((one) => one instanceof Error && 'type' in one && one.type === 'TOPIC_ALREADY_EXISTS');
}

/** Those that exist, with the settings that differ from the broker's defaults. */
async function describeTopics(admin: Admin, topics: readonly string[]): Promise<TopicSpec[]> {
  const existing = new Set(await admin.listTopics());
  const known = topics.filter((topic) => existing.has(topic));
  if (known.length === 0) return [];
  const [metadata, configs] = await Promise.all([
    admin.fetchTopicMetadata({ topics: known }),
    admin.describeConfigs({
      includeSynonyms: false,
      resources: known.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
    }),
  ]);
  const configOf = new Map(configs.resources.map(({ resourceName, configEntries }) => [resourceName, configEntries]));
  return metadata.topics.map(({ name, partitions }) => ({
    topic: name,
    partitions: partitions.length,
    replicationFactor: partitions[0]?.replicas.length ?? 0,
    config: Object.fromEntries(
      (configOf.get(name) ?? [])
        .filter(({ configSource }) => configSource === TOPIC_CONFIG)
        .map((entry) => [entry.configName, entry.configValue]),
    ),
  }));
}

/** `DYNAMIC_TOPIC_CONFIG` of the Kafka protocol: set on the topic itself. */
const TOPIC_CONFIG = 1;

async function endOffsets(admin: Admin, topic: string): Promise<RecordPlace[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets
    .map(({ partition, high }) => ({ topic, partition, offset: BigInt(high) }))
    .sort((a, b) => a.partition - b.partition);
}

/** Partitions of which nothing has been committed are left out. */
async function committed(admin: Admin, groupId: string, topics: readonly string[]): Promise<RecordPlace[]> {
  const offsets = await admin.fetchOffsets({ groupId, topics: [...topics] });
  return offsets.flatMap(({ topic, partitions }) =>
    partitions
      .filter(({ offset }) => offset !== '-1')
      .map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) })),
  );
}
