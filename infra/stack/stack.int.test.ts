import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { Kafka, logLevel } from 'kafkajs';
import { Client as Database } from 'pg';
import { removeData } from './data-folder';
import { type Stack, startStack } from './index';
import { ownServers } from './testing/own-servers';

type Addresses = Omit<Stack, 'stop'>;

ownServers();

describe('a temporary stack', () => {
  it('answers on every server, and leaves neither process nor folder behind', async () => {
    const stack = await startStack({
      dataDir: 'temporary',
      parts: ['kafka', 'temporal', 'postgres', 'time-skipping'],
      onProgress: () => undefined,
    });
    const folder = (await commandLine(stack.pids['postgres'])).find((word) => word.includes('millrace-stack-')) ?? '';
    try {
      await leaveTraces(stack);
      expect(await traces(stack)).toEqual({ topic: true, row: 7, workflow: 'acme' });
      expect(existsSync(stack.timeSkippingServer ?? '')).toBe(true);
      expect(existsSync(folder)).toBe(true);
    } finally {
      await stack.stop();
    }
    expect(Object.values(stack.pids).filter(lives)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  }, 120_000);
});

describe('a stack with data that stays', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kill-'));
  afterAll(() => removeData(folder));

  it('loses its servers when its process is killed with -9, and has its data when started again', async () => {
    const held = await holdStack(folder);
    await leaveTraces(held.addresses);
    const pids = Object.values(held.addresses.pids);
    expect(pids.filter(lives)).toHaveLength(3);

    const gone = once(held.process, 'exit');
    held.process.kill('SIGKILL');
    await gone;
    const again = await startStack({ dataDir: folder, onProgress: () => undefined }); // waits for the old ones
    try {
      expect(pids.filter(lives)).toEqual([]);
      expect(Object.values(again.pids)).toEqual(expect.arrayContaining(await processesOn(folder)));
      expect(await traces(again)).toEqual({ topic: true, row: 7, workflow: 'acme' });
      await expect(startStack({ dataDir: folder, onProgress: () => undefined })).rejects.toMatchObject({
        code: 'data-in-use',
      });
    } finally {
      await again.stop();
    }
    expect(await processesOn(folder)).toEqual([]);
  }, 180_000);
});

function holdStack(folder: string): Promise<{ process: ChildProcess; addresses: Addresses }> {
  const child = fork(
    join(__dirname, 'testing/run-typescript.cjs'),
    [join(__dirname, 'testing/hold-stack.ts'), folder],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
      env: { ...process.env }, // jest's, without the runner's servers
    },
  );
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the holder ended with ${code}`)));
    child.once('message', (addresses: Addresses) => resolve({ process: child, addresses }));
  });
}

async function leaveTraces({ kafkaBrokers, databaseUrl, temporalAddress }: Addresses): Promise<void> {
  await withAdmin(kafkaBrokers, (admin) => admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 3 }] }));
  await withDatabase(databaseUrl, async (database) => {
    await database.query('create table kept (value int)');
    await database.query('insert into kept values (7)');
  });
  await withTemporal(temporalAddress, async ({ workflow }) => {
    await workflow.start('nobodyRunsIt', {
      taskQueue: 'none',
      workflowId: 'kept',
      typedSearchAttributes: new TypedSearchAttributes([{ key: tenantId, value: 'acme' }]),
    });
  });
}

const tenantId = defineSearchAttributeKey('TenantId', SearchAttributeType.KEYWORD);

async function traces({ kafkaBrokers, databaseUrl, temporalAddress }: Addresses) {
  return {
    topic: await withAdmin(kafkaBrokers, async (admin) => (await admin.listTopics()).includes('kept')),
    row: await withDatabase(
      databaseUrl,
      async (database) => (await database.query('select value from kept')).rows[0].value,
    ),
    workflow: await withTemporal(temporalAddress, async ({ workflow }) => {
      const { typedSearchAttributes } = await workflow.getHandle('kept').describe();
      return typedSearchAttributes.get(tenantId);
    }),
  };
}

async function withAdmin<T>(brokers: string[], work: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  return work(admin).finally(() => admin.disconnect());
}

async function withDatabase<T>(connectionString: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database({ connectionString });
  await database.connect();
  return work(database).finally(() => database.end());
}

async function withTemporal<T>(address: string, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  return work(new Client({ connection })).finally(() => connection.close());
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The servers whose command line names the folder; after a moment for those that are on their way out. */
async function processesOn(folder: string): Promise<number[]> {
  await sleep(200);
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).map(Number).filter((number) => number > 0)) {
    const words = await commandLine(pid);
    if (words.some((word) => word.includes(folder)) && words[0] !== '/bin/sh') found.push(pid);
  }
  return found.sort();
}

async function commandLine(pid: number | undefined): Promise<string[]> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
}
