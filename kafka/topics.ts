import { registry } from '@millrace/events';
import { deadLetterTopic } from './dead-letter';
import type { KafkaAdmin, TopicSpec } from './port';

export interface TopicSettings {
  /** Of domain events and transitions; default 12. */
  readonly partitions?: number | undefined;
  readonly replicationFactor: number;
  /** Default 30 days. */
  readonly retentionMs?: number | undefined;
  /** Default 2 with three replicas or more, else 1. */
  readonly minInsyncReplicas?: number | undefined;
}

/** Where the relay publishes transitions. */
export const TRANSITION_TOPICS = ['commerce.orders.transitions', 'healthcare.appointments.transitions'] as const;

/** Where domain events travel: every topic that a definition names. */
export const EVENT_TOPICS: readonly string[] = [
  ...new Set(registry.definitions.flatMap(({ topic }) => (topic === null ? [] : [topic]))),
];

const DAY_MS = 24 * 60 * 60 * 1_000;
/** A dead letter carries the headers of its cause on top of a record that may have been as large as the broker takes. */
const DEAD_LETTER_MAX_BYTES = 2 * 1024 * 1024;

/** Every topic of the platform, dead-letter topics included. None is compacted: history must stay whole within the retention. */
export function topicSpecs(settings: TopicSettings): readonly TopicSpec[] {
  const { partitions = 12, replicationFactor, retentionMs = 30 * DAY_MS } = settings;
  const minInsyncReplicas = settings.minInsyncReplicas ?? (replicationFactor >= 3 ? 2 : 1);
  const config = {
    'cleanup.policy': 'delete',
    'retention.ms': String(retentionMs),
    'min.insync.replicas': String(minInsyncReplicas),
  };
  const sources = [...EVENT_TOPICS, ...TRANSITION_TOPICS];
  return [
    ...sources.map((topic) => ({ topic, partitions, replicationFactor, config })),
    ...sources.map((topic) => ({
      topic: deadLetterTopic(topic),
      partitions: Math.min(partitions, 3),
      replicationFactor,
      config: { ...config, 'max.message.bytes': String(DEAD_LETTER_MAX_BYTES) },
    })),
  ];
}

/** Creates what is missing; what is there is left as it is, `topicDrift` tells how it differs. */
export async function ensureTopics(
  admin: Pick<KafkaAdmin, 'createTopics'>,
  specs: readonly TopicSpec[],
): Promise<void> {
  await admin.createTopics(specs);
}

export interface TopicDifference {
  readonly topic: string;
  /** `exists`, `partitions`, `replicationFactor` or the name of a setting. */
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
}

/** Settings that nobody asked for are not compared: they are the cluster's business, unless they are set on the topic itself. */
export async function topicDrift(
  admin: Pick<KafkaAdmin, 'describeTopics'>,
  specs: readonly TopicSpec[],
): Promise<readonly TopicDifference[]> {
  const found = new Map(
    (await admin.describeTopics(specs.map(({ topic }) => topic))).map((spec) => [spec.topic, spec]),
  );
  return specs.flatMap((wanted) => differences(wanted, found.get(wanted.topic)));
}

function differences(wanted: TopicSpec, found: TopicSpec | undefined): TopicDifference[] {
  const { topic } = wanted;
  if (found === undefined) return [{ topic, what: 'exists', wanted: 'yes', found: 'no' }];
  const settings = new Set([...Object.keys(wanted.config), ...Object.keys(found.config)]);
  const pairs: [string, string, string][] = [
    ['partitions', String(wanted.partitions), String(found.partitions)],
    ['replicationFactor', String(wanted.replicationFactor), String(found.replicationFactor)],
    ...[...settings].map((name): [string, string, string] => [
      name,
      wanted.config[name] ?? DEFAULT,
      found.config[name] ?? DEFAULT,
    ]),
  ];
  return pairs
    .filter(([, want, have]) => want !== have)
    .map(([what, want, have]) => ({ topic, what, wanted: want, found: have }));
}

const DEFAULT = "the cluster's default";
