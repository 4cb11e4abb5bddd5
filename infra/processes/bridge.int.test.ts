import { randomUUID } from 'node:crypto';
import { ensureTopics, silent, topicSpecs } from '@millrace/kafka';
import { type FreshDatabase, freshDatabase } from '../../store/testing';
import { readConfig } from '../config/config';
import { createRegistry } from '../telemetry/metrics';
import { BRIDGE_DEAD_LETTER_GROUP, startBridge } from './bridge';
import { openKafka } from './clients';
import { createClosing } from './closing';
import type { ProcessContext } from './process';

const id = randomUUID();
const topic = `bridge-process-${id}`;
let database: FreshDatabase;
let context: ProcessContext;

beforeAll(async () => {
  database = await freshDatabase();
  const settings = { DATABASE_URL: database.url, BRIDGE_GROUP: `bridge-${id}`, BRIDGE_TOPICS: topic };
  context = {
    config: readConfig({ ...process.env, ...settings }, 'bridge'),
    logger: silent,
    registry: createRegistry('bridge'),
    closing: createClosing(),
    fail: (error) => {
      throw error;
    },
  };
  const admin = await openKafka(context, 'topics').admin();
  await admin.createTopics([{ topic, partitions: 2, replicationFactor: 1, config: {} }]);
  await ensureTopics(admin, topicSpecs({ partitions: 6, replicationFactor: 1 }));
  await admin.close();
});
afterAll(async () => {
  await context?.closing.close();
  await database?.drop();
});

describe('the bridge’s process', () => {
  it('starts although a long reader holds the ledger, and tells how its consumers fare', async () => {
    const reader = await database.pool.connect();
    await reader.query('create table millrace.ledger_20000101 (like millrace.ledger including all)');
    await reader.query(
      `alter table millrace.ledger attach partition millrace.ledger_20000101 for values from ('2000-01-01') to ('2000-01-02')`,
    );
    await reader.query('begin');
    await reader.query('select from millrace.ledger');
    await startBridge(context);
    await reader.query('rollback');
    reader.release();

    const text = await context.registry.metrics();
    for (const group of [`bridge-${id}`, BRIDGE_DEAD_LETTER_GROUP])
      expect(text).toContain(`kafka_consumer_joined{consumergroup="${group}",process="bridge"} 1`);
    expect(text).toContain('millrace_parked_events{process="bridge"} 0');
    expect(text).toContain('# TYPE millrace_open_streams gauge');
  });
});
