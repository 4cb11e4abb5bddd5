import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createKafkajsDriver,
  createPublisher,
  type KafkaAdmin,
  type KafkaDriver,
  type OutgoingRecord,
  type Publisher,
} from '@millrace/kafka';
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { type Closing, createClosing } from '../infra/processes/closing';
import { type Stack, startStack } from '../infra/stack';
import { type Program, type ProgramSpec, runProgram, startProgram } from './program';

/** Records handed to the publisher at a time; it takes no more than twice as many. */
const SLICE = 10_000;
/** Partitions of every topic. */
export const PARTITIONS = 6;

/** The servers of one run, and this process's own hands on them. */
export interface Stage {
  readonly stack: Stack;
  /** Starts a program with the addresses of the servers; it ends with the stage at the latest. */
  start(spec: ProgramSpec): Promise<Program>;
  readonly driver: KafkaDriver;
  readonly admin: KafkaAdmin;
  readonly publisher: Publisher;
  readonly pool: Pool;
  readonly temporal: Client;
  /** Tells the person at the terminal what takes its time. */
  onProgress(line: string): void;
  /** Resolves once all of them are acknowledged. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** Fresh servers, Temporal on PostgreSQL, with the platform's topics and tables. What had started is closed when it fails. */
export async function openStage(onProgress: (line: string) => void): Promise<Stage> {
  const closing = createClosing();
  try {
    return await open(closing, onProgress);
  } catch (error) {
    await closing.close().catch(() => undefined);
    throw error;
  }
}

async function open(closing: Closing, onProgress: (line: string) => void): Promise<Stage> {
  const logFolder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  closing.add('logs', () => rm(logFolder, { recursive: true, force: true }));
  const stack = await startStack({ dataDir: 'temporary', temporal: 'on-postgres', onProgress });
  closing.add('servers', () => stack.stop());
  const environment = settings(stack);
  await runProgram({ name: 'topics', path: require.resolve('../infra/processes/topics-main'), environment }, logFolder);
  const driver = createKafkajsDriver({ brokers: stack.kafkaBrokers, clientId: 'bench' });
  const admin = await driver.admin();
  closing.add('admin', () => admin.close());
  const producer = await driver.producer();
  closing.add('producer', () => producer.close());
  const publisher = createPublisher({ producer });
  closing.add('publisher', () => publisher.close());
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 4 });
  pool.on('error', () => undefined); // an idle connection that breaks is replaced
  closing.add('pool', () => pool.end());
  const connection = await Connection.connect({ address: stack.temporalAddress });
  closing.add('temporal', () => connection.close());
  const programs = new Set<Program>();
  closing.add('programs', () => Promise.all([...programs].map((program) => program.stop())));
  return {
    stack,
    start: async ({ environment: more, ...spec }) => {
      const program = await startProgram({ ...spec, environment: { ...environment, ...more } }, logFolder);
      programs.add(program);
      return { ...program, stop: () => program.stop().finally(() => programs.delete(program)) };
    },
    driver,
    admin,
    publisher,
    pool,
    temporal: new Client({ connection }),
    onProgress,
    send: async (records) => {
      for (let at = 0; at < records.length; at += SLICE)
        await Promise.all(records.slice(at, at + SLICE).map((record) => publisher.publishRecord(record)));
    },
    close: () => closing.close(),
  };
}

const settings = (stack: Stack): Record<string, string> => ({
  MILLRACE_ENV: 'development',
  AUTH_MODE: 'off',
  LOG_LEVEL: 'info',
  METRICS_PORT: '0',
  KAFKA_BROKERS: stack.kafkaBrokers.join(','),
  KAFKA_REPLICATION: '1',
  KAFKA_PARTITIONS: String(PARTITIONS),
  TEMPORAL_ADDRESS: stack.temporalAddress,
  DATABASE_URL: stack.databaseUrl,
});
