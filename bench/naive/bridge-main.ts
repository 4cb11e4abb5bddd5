import { Client, Connection } from '@temporalio/client';
import { Kafka, logLevel } from 'kafkajs';
import { setting } from '../setting';

/** From Kafka to Temporal in the way of both libraries' introductions: one message, one call. */
async function main(): Promise<void> {
  const connection = await Connection.connect({ address: setting('TEMPORAL_ADDRESS') });
  const client = new Client({ connection });
  const topic = setting('NAIVE_TOPIC');
  const workflow = setting('NAIVE_WORKFLOW');
  const brokers = setting('KAFKA_BROKERS').split(',');
  const consumer = new Kafka({ clientId: 'naive', brokers, logLevel: logLevel.ERROR }).consumer({ groupId: topic });
  process.once('SIGTERM', () => void consumer.disconnect().finally(() => process.exit(0)));
  consumer.on(consumer.events.GROUP_JOIN, () => console.log(JSON.stringify({ msg: 'started' })));
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const event = JSON.parse(String(message.value));
      await client.workflow.signalWithStart(workflow, {
        workflowId: `naive/${event.tenantId}/${event.aggregateId}`,
        taskQueue: 'naive',
        args: [event.tenantId],
        signal: 'event',
        signalArgs: [event],
      });
    },
  });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
