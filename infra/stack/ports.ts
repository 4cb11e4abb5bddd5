import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { hasCode } from './has-code';
import { StackError } from './stack-error';

/** Every port a stack may listen on, by whom it is for and the setting that moves it. */
export const portTable = {
  kafka: { title: 'Kafka', setting: 'MILLRACE_KAFKA_PORT', usual: 9092 },
  kafkaController: { title: "Kafka's controller", setting: 'MILLRACE_KAFKA_CONTROLLER_PORT', usual: 9093 },
  temporal: { title: 'Temporal', setting: 'MILLRACE_TEMPORAL_PORT', usual: 7233 },
  temporalUi: { title: "Temporal's Web UI", setting: 'MILLRACE_TEMPORAL_UI_PORT', usual: 8233 },
  postgres: { title: 'PostgreSQL', setting: 'MILLRACE_POSTGRES_PORT', usual: 5432 },
} as const;

export type PortName = keyof typeof portTable;
export type Ports = Partial<Record<PortName, number>>;

/** The ports set in the environment, and the usual ones for the rest: for a stack that people find where they expect it. */
export function portsFromEnvironment(environment: NodeJS.ProcessEnv = process.env): Record<PortName, number> {
  const port = (name: PortName) => {
    const { setting, usual } = portTable[name];
    const text = environment[setting];
    if (!text) return usual;
    const number = Number(text);
    if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
    throw new StackError('port-taken', `${setting}=${text} is not a port: a number from 1 to 65535 is`);
  };
  return {
    kafka: port('kafka'),
    kafkaController: port('kafkaController'),
    temporal: port('temporal'),
    temporalUi: port('temporalUi'),
    postgres: port('postgres'),
  };
}

/** The port asked for, if nothing listens on it; a free one when none was asked for. */
export async function claimPort(name: PortName, asked: number | undefined): Promise<number> {
  if (asked === undefined) return freePort();
  if (await isFree(asked)) return asked;
  const { title, setting } = portTable[name];
  throw new StackError('port-taken', `port ${asked} (${title}) is taken by another program; set ${setting}`);
}

const givenOut = new Set<number>();

// Below where systems take the ports of outgoing connections from, and below 32768: Temporal keeps ports as int2.
const lowest = 20_000;
const highest = 31_999;

/** A port that nothing listens on, and that this process has not given out before. */
export async function freePort(): Promise<number> {
  const port = randomInt(lowest, highest + 1);
  if (givenOut.has(port) || !(await isFree(port))) return freePort();
  givenOut.add(port);
  return port;
}

/** Whether nothing listens on it, on this machine alone or for all. */
export async function isFree(port: number): Promise<boolean> {
  try {
    await listenOnce(port);
    await listenOnce(port, '0.0.0.0');
    return true;
  } catch (failure) {
    if (hasCode(failure, 'EADDRINUSE')) return false;
    throw failure;
  }
}

function listenOnce(port: number, host = '127.0.0.1'): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve()));
  });
}
