import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKafkajsDriver, type KafkaDriver, KafkaError } from '@millrace/kafka';
import { kafkaSecurity, readTransport } from '../config/transport';
import type { GuardedProcess } from '../stack/guarded-process';
import { kafkaBroker } from '../stack/jars';
import { startBroker } from '../stack/kafka-broker';
import { kafkaReady } from '../stack/kafka-ready';
import { freePort } from '../stack/ports';
import { createAuthority } from '../testing/certificates';

jest.setTimeout(120_000);

const PASSWORD = 'hush-hush-hush';
const folder = mkdtempSync(join(tmpdir(), 'millrace-secured-'));
const authority = createAuthority();
const files = { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
const passwordFile = join(folder, 'password');

let broker: GuardedProcess;
const at = { plain: 0, sasl: 0, mutual: 0, controller: 0 };

const jaas = (module: string, facts: string) => `org.apache.kafka.common.security.${module} required ${facts};`;

/** One listener that asks for a password over TLS, one that asks for a certificate. */
function securedListeners(keystore: string): Record<string, string> {
  const listeners = `PLAINTEXT://127.0.0.1:${at.plain},SASL://127.0.0.1:${at.sasl},MUTUAL://127.0.0.1:${at.mutual}`;
  return {
    listeners: `${listeners},CONTROLLER://127.0.0.1:${at.controller}`,
    'advertised.listeners': listeners,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL',
    'inter.broker.listener.name': 'PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.sasl.plain.sasl.jaas.config': jaas('plain.PlainLoginModule', `user_millrace="${PASSWORD}"`),
    'listener.name.sasl.scram-sha-256.sasl.jaas.config': jaas('scram.ScramLoginModule', ''),
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': jaas('scram.ScramLoginModule', ''),
    'listener.name.mutual.ssl.client.auth': 'required',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': files.ca,
  };
}

beforeAll(async () => {
  const server = authority.issue('broker');
  const client = authority.issue('millrace');
  const keystore = join(folder, 'broker.pem');
  writeFileSync(keystore, `${server.key}${server.cert}`);
  writeFileSync(files.ca, authority.cert);
  writeFileSync(files.cert, client.cert);
  writeFileSync(files.key, client.key);
  writeFileSync(passwordFile, `${PASSWORD}\n`);
  for (const name of ['plain', 'sasl', 'mutual', 'controller'] as const) at[name] = await freePort();
  const onProgress = () => undefined;
  broker = await startBroker({
    program: await kafkaBroker({ onProgress, signal: new AbortController().signal }),
    folder,
    log: join(folder, 'broker.log'),
    port: at.plain,
    controllerPort: at.controller,
    temporary: true,
    settings: securedListeners(keystore),
    formatWith: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=millrace,password=${PASSWORD}]`,
    ]),
  });
  await kafkaReady([`127.0.0.1:${at.plain}`], 90_000, broker.ended);
});
afterAll(async () => {
  await broker?.stop();
  await rm(folder, { recursive: true, force: true });
});

const logged: unknown[] = [];
const note = (...facts: unknown[]) => void logged.push(facts);

const reach = (port: number, environment: Record<string, string>): KafkaDriver =>
  createKafkajsDriver({
    brokers: [`127.0.0.1:${port}`],
    clientId: 'secured-test',
    logger: { debug: note, info: note, warn: note, error: note },
    ...kafkaSecurity(readTransport(environment)),
  });

async function sendsAndReads(driver: KafkaDriver, topic: string): Promise<string[]> {
  const admin = await driver.admin();
  await admin.createTopics([{ topic, partitions: 1, replicationFactor: 1, config: {} }]);
  await admin.close();
  const producer = await driver.producer();
  await producer.send([{ topic, key: 'a', value: Buffer.from('hello'), headers: {} }]);
  await producer.close();
  const read: string[] = [];
  for await (const { value } of driver.readRange(topic, 0, 0n, 1n)) read.push(String(value));
  return read;
}

async function refusal(driver: KafkaDriver): Promise<KafkaError> {
  try {
    const admin = await driver.admin();
    await admin.endOffsets('nothing');
  } catch (error) {
    if (error instanceof KafkaError) return error;
    throw error;
  }
  throw new Error('the broker let us in');
}

const withCa = { KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: files.ca };
const asUser = { KAFKA_SASL_USERNAME: 'millrace', KAFKA_SASL_PASSWORD_FILE: passwordFile };

describe('a broker that asks who we are', () => {
  it.each(['plain', 'scram-sha-256', 'scram-sha-512'])('lets us in by %s over TLS', async (mechanism) => {
    const driver = reach(at.sasl, { ...withCa, ...asUser, KAFKA_SASL_MECHANISM: mechanism });
    expect(await sendsAndReads(driver, `secured-${mechanism}`)).toEqual(['hello']);
  });

  it('lets us in by our certificate', async () => {
    const driver = reach(at.mutual, { ...withCa, KAFKA_SSL_CERT_FILE: files.cert, KAFKA_SSL_KEY_FILE: files.key });
    expect(await sendsAndReads(driver, 'secured-mutual')).toEqual(['hello']);
  });

  it('refuses a wrong password, which nobody is told', async () => {
    const wrong = 'quite-another-one';
    const environment = { ...withCa, KAFKA_SASL_USERNAME: 'millrace', KAFKA_SASL_PASSWORD: wrong };
    const error = await refusal(reach(at.sasl, { ...environment, KAFKA_SASL_MECHANISM: 'plain' }));
    expect(error).toMatchObject({ code: 'refused', retriable: false });
    for (const seen of [JSON.stringify(error), String(error.stack), JSON.stringify(logged)])
      expect(seen).not.toContain(wrong);
    expect(JSON.stringify(logged)).not.toContain(PASSWORD);
  });

  it('is not trusted when another authority signed its certificate', async () => {
    const environment = { KAFKA_SSL: 'true', KAFKA_SSL_CA: createAuthority().cert };
    expect((await refusal(reach(at.sasl, environment))).message).toMatch(/certificate|signature/);
  });
});
