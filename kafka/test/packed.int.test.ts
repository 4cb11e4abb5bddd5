import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { registry } from '@millrace/events';
import { createKafkajsDriver } from '../kafkajs/driver';
import { brokersFromEnvironment } from './brokers';

jest.setTimeout(240_000);

const root = resolve(__dirname, '../..');

/** What a program of another team does. */
const PROGRAM = `
const { newEvent, OrderPlaced } = require('@millrace/events');
const { createKafkajsDriver, createPublisher } = require('@millrace/kafka');
const { createMemoryDriver } = require('@millrace/kafka/testing');
async function main([brokers, topic]) {
  if (typeof createMemoryDriver !== 'function') throw new Error('no driver for tests');
  const driver = createKafkajsDriver({ brokers: brokers.split(','), clientId: 'another-team' });
  const producer = await driver.producer();
  const publisher = createPublisher({ producer });
  const { event, place } = await publisher.publish(OrderPlaced, {
    tenantId: 'acme',
    aggregateId: 'o-1',
    data: { orderId: 'o-1', customerId: 'c', currency: 'EUR', lines: [{ sku: 's', quantity: 1, unitPriceCents: 5 }], totalCents: 5, shipTo: { country: 'DE' } },
  }, { topic });
  await publisher.close();
  await producer.close();
  console.log(JSON.stringify({ eventId: event.eventId, partition: place.partition, offset: String(place.offset) }));
}
main(process.argv.slice(2)).catch((error) => { console.error(error); process.exit(1); });
`;

/** Without what npm tells the scripts it runs: the packages go into another folder than this one. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (/^npm_(config_(local_prefix|prefix|workspaces?|production|omit)|lifecycle|package)/.test(name))
      delete env[name];
  }
  return env;
}

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, {
    cwd,
    env: ownEnvironment(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe('the packages of events and kafka', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-packed-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('install alone in an empty folder, without Temporal, and publish an event', async () => {
    run(process.execPath, [require.resolve('typescript/bin/tsc'), '-b', 'events', 'kafka'], root);
    run(
      'npm',
      ['pack', '--workspace', 'events', '--workspace', 'kafka', '--pack-destination', folder, '--silent'],
      root,
    );
    const packages = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    expect(packages.sort()).toEqual(['millrace-events-0.1.0.tgz', 'millrace-kafka-0.1.0.tgz']);

    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    run(
      'npm',
      ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages.map((name) => `./${name}`)],
      folder,
    );
    expect(existsSync(join(folder, 'node_modules/@temporalio'))).toBe(false);
    expect(
      readdirSync(join(folder, 'node_modules'))
        .filter((name) => !name.startsWith('.'))
        .sort(),
    ).toEqual(['@millrace', 'kafkajs', 'temporal-polyfill', 'temporal-spec', 'uuid', 'zod']);
    expect(
      readdirSync(join(folder, 'node_modules/@millrace/events/dist')).filter((name) => /test|tsbuildinfo/.test(name)),
    ).toEqual([]);

    const brokers = brokersFromEnvironment();
    const driver = createKafkajsDriver({ brokers, clientId: 'packed-test' });
    const admin = await driver.admin();
    const topic = `packed-${randomUUID()}`;
    await admin.createTopics([{ topic, partitions: 1, replicationFactor: 1, config: {} }]);
    await admin.close();
    writeFileSync(join(folder, 'publish.cjs'), PROGRAM);
    const said = JSON.parse(run(process.execPath, ['publish.cjs', brokers.join(','), topic], folder));
    expect(said).toMatchObject({ partition: 0, offset: '0' });
    for await (const record of driver.readRange(topic, 0, 0n, 1n)) {
      expect(registry.decode(record)).toMatchObject({
        ok: true,
        event: { eventId: said.eventId, eventType: 'OrderPlaced' },
      });
    }
  });
});
