import type { Envelope } from '@millrace/events';
import { Pool } from 'pg';
import { insertMove } from '../../recorded/recorded';
import { stageAfter } from '../../recorded/stage-after';
import { setting } from '../../setting';
import { requireFrom } from '../packages';

type Receive = (topic: string, partition: number, message: { readonly value: Buffer | null }) => Promise<void>;

/** What is called of `@dbos-inc/dbos-sdk` and `@dbos-inc/kafkajs-receive`, which are not there when this is compiled. */
interface DbosSdk {
  readonly DBOS: {
    setConfig(config: object): void;
    registerWorkflow(workflow: Receive, config: { readonly name: string }): Receive;
    runStep(step: () => Promise<void>, config: { readonly name: string }): Promise<void>;
    launch(): Promise<void>;
    shutdown(): Promise<void>;
  };
}
interface KafkaReceive {
  readonly KafkaReceiver: new (
    kafka: object,
  ) => { registerConsumer(workflow: Receive, topic: string, options: object): void };
}

/** In the way of the package's introduction: a workflow per record, its one step inserts the row. */
async function main(): Promise<void> {
  const load = requireFrom(setting('PEER_PACKAGES'));
  const { DBOS }: DbosSdk = load('@dbos-inc/dbos-sdk');
  const { KafkaReceiver }: KafkaReceive = load('@dbos-inc/kafkajs-receive');
  const pool = new Pool({ connectionString: setting('DATABASE_URL') });
  const topic = setting('PEER_TOPIC');
  DBOS.setConfig({
    name: 'appointments',
    systemDatabaseUrl: setting('PEER_DATABASE_URL'),
    runAdminServer: false,
    logLevel: 'warn',
  });
  const receiver = new KafkaReceiver({ clientId: 'dbos', brokers: setting('KAFKA_BROKERS').split(','), logLevel: 1 });
  const take = async (_topic: string, _partition: number, message: { readonly value: Buffer | null }) => {
    const event: Envelope = JSON.parse(String(message.value));
    const { tenantId, eventId, aggregateId } = event;
    const move = { tenantId, eventId, key: aggregateId, from: null, to: stageAfter(event.eventType) };
    await DBOS.runStep(() => insertMove(pool, move), { name: 'record' });
  };
  receiver.registerConsumer(DBOS.registerWorkflow(take, { name: 'take' }), topic, {
    ordering: setting('PEER_ORDERING'),
    config: { groupId: topic },
  });
  process.once('SIGTERM', () => void DBOS.shutdown().finally(() => process.exit(0)));
  await DBOS.launch();
  console.log(JSON.stringify({ msg: 'started' }));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
