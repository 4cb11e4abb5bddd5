import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GuardedProcess, startGuarded } from './guarded-process';
import type { JavaProgram } from './jars';
import { run } from './pinned';

export interface BrokerOptions {
  program: JavaProgram;
  folder: string;
  log: string;
  port: number;
  controllerPort: number;
  /** The data is thrown away afterwards: stop at once. */
  temporary: boolean;
  /** More of its settings, and of those that its data is formatted with: a test's listeners and users. */
  settings?: Readonly<Record<string, string>>;
  formatWith?: readonly string[];
}

/** One Kafka broker that is its own controller (KRaft), listening on this machine only. */
export async function startBroker(options: BrokerOptions): Promise<GuardedProcess> {
  const { program, folder, log } = options;
  const data = join(folder, 'log');
  mkdirSync(data, { recursive: true });
  const properties = join(folder, 'server.properties');
  writeFileSync(properties, brokerProperties(options, data));
  const log4j = join(folder, 'log4j2.xml');
  writeFileSync(log4j, quietLog);
  const java = ['-cp', program.classPath, `-Dlog4j2.configurationFile=${log4j}`];
  if (!existsSync(join(data, 'meta.properties'))) {
    const clusterId = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
    const briefly = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
    await run(program.java, [
      ...briefly,
      ...java,
      'kafka.tools.StorageTool',
      'format',
      `--cluster-id=${clusterId}`, // one word: an id may begin with a dash
      '-c',
      properties,
      ...(options.formatWith ?? []),
    ]);
  }
  return startGuarded({
    name: 'kafka',
    command: program.java,
    // A broker that lives for minutes would spend as much on optimizing its code as on running it.
    args: [
      '-XX:TieredStopAtLevel=1',
      '-Xmx768m',
      '-Xms256m',
      '-XX:+UseG1GC',
      '-XX:MaxGCPauseMillis=20',
      ...java,
      'kafka.Kafka',
      properties,
    ],
    log,
    stop: options.temporary ? 'KILL' : 'TERM',
    graceMs: 20_000,
  });
}

function brokerProperties({ port, controllerPort, settings: more }: BrokerOptions, data: string): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': data,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 10,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 10,
    ...more,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

const quietLog = `<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR">
  <Appenders>
    <Console name="out"><PatternLayout pattern="%d{ISO8601} %p %c{1} %m%n"/></Console>
  </Appenders>
  <Loggers>
    <Root level="WARN"><AppenderRef ref="out"/></Root>
  </Loggers>
</Configuration>
`;
