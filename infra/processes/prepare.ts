import { ensureTopics, type TopicDifference, topicDrift, topicSpecs } from '@millrace/kafka';
import { migrate } from '../../store';
import { openKafka } from './clients';
import type { ProcessContext } from './process';
import { toldWhileWaiting } from './while-waiting';

/** Brings the database's schema up to date and creates the topics that are missing. Answers how the existing ones differ from the code. */
export async function prepare(context: ProcessContext): Promise<readonly TopicDifference[]> {
  const { config, logger } = context;
  const database = config.DATABASE_URL.reveal();
  await toldWhileWaiting(logger, `PostgreSQL at ${new URL(database).host}`, migrate(database));
  const admin = await openKafka(context, 'topics').admin();
  try {
    const specs = topicSpecs({ partitions: config.KAFKA_PARTITIONS, replicationFactor: config.KAFKA_REPLICATION });
    await ensureTopics(admin, specs);
    const drift = await topicDrift(admin, specs);
    for (const difference of drift) logger.warn(difference, 'a topic differs from the code');
    return drift;
  } finally {
    await admin.close();
  }
}
