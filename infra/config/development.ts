import { type Config, readConfig } from './config';
import { type ReadFile, readText, type Settings } from './from-files';

/** Settings that suit one machine; a variable that is set goes before them. */
const onOneMachine = {
  MILLRACE_ENV: 'development',
  AUTH_MODE: 'off',
  KAFKA_REPLICATION: '1',
  KAFKA_PARTITIONS: '6',
  KAFKA_SESSION_TIMEOUT_MS: '6000',
  API_HOST: '127.0.0.1',
  INVENTORY_URL: 'http://127.0.0.1:0',
  PAYMENTS_URL: 'http://127.0.0.1:0',
  SHIPPING_URL: 'http://127.0.0.1:0',
};

/** Where the servers are that have been started, or that the environment named. */
export interface Servers {
  readonly KAFKA_BROKERS: string;
  readonly TEMPORAL_ADDRESS: string;
  readonly TEMPORAL_UI_URL: string | undefined;
  readonly DATABASE_URL: string;
}

/** Stand for servers that are yet to be started. */
const someServers = {
  KAFKA_BROKERS: '127.0.0.1:9092',
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
  DATABASE_URL: 'postgres://127.0.0.1',
};

/**
 * The configuration of everything in one process: of the settings for one machine, the command's own, the environment's.
 * Without servers, those that the environment does not name are taken for granted: so a fault is told before anything
 * starts. Throws `ConfigError`.
 */
export function developmentConfig(
  settings: Settings,
  environment: Settings,
  servers?: Servers,
  readFile: ReadFile = readText,
): Config {
  const reached = servers ? { ...servers, DATABASE_URL_FILE: undefined } : standIns(environment);
  return readConfig({ ...onOneMachine, ...settings, ...environment, ...reached }, 'all', readFile);
}

const standIns = (environment: Settings): Settings =>
  Object.fromEntries(
    Object.entries(someServers).filter(([name]) => !environment[name] && !environment[`${name}_FILE`]),
  );
