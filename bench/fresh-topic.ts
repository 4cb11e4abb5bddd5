import { PARTITIONS, type Stage } from './stage';
import { becomes } from './until';

/** Creates a topic for one contender. Again while the broker does not know yet of what it has just created. */
export async function freshTopic({ admin }: Stage, topic: string): Promise<string> {
  let failure: unknown;
  const created = async () => {
    try {
      await admin.createTopics([{ topic, partitions: PARTITIONS, replicationFactor: 1, config: {} }]);
      return true;
    } catch (error) {
      failure = error;
      return false;
    }
  };
  if (!(await becomes(created, { limitMs: 10_000, everyMs: 500 }))) throw failure;
  return topic;
}
