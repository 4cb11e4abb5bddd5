import { developmentConfig, type Servers } from '../config/development';
import { type Stack, StackError, type StackOptions, startStack } from '../stack';
import { isFree } from '../stack/ports';
import { createLogger } from '../telemetry/logger';
import { createRegistry } from '../telemetry/metrics';
import { installTemporalRuntime } from '../telemetry/temporal-runtime';
import { createClosing } from './closing';
import { type Platform, startPlatform } from './platform';
import { DRAIN_LIMIT_MS, type ProcessContext } from './process';

export interface Development {
  readonly stack: Stack;
  readonly platform: Platform;
  readonly context: ProcessContext;
  /** Ends the platform, then the servers. Rejects when something did not close, or not in time: end the process, the guards end the rest. */
  stop(): Promise<void>;
}

export interface DevelopmentOptions extends Pick<StackOptions, 'dataDir' | 'onProgress'> {
  readonly ports?: StackOptions['ports'];
  readonly settings?: Readonly<Record<string, string>>;
  /** Where the platform's log goes; what people are shown has the terminal. */
  readonly logFile: string;
  fail(error: Error): void;
}

/** The servers and, in this process, the whole platform on them. */
export async function startDevelopment(options: DevelopmentOptions): Promise<Development> {
  const { dataDir, ports, onProgress, logFile, fail } = options;
  const configure = (servers?: Servers) => developmentConfig(options.settings ?? {}, process.env, servers);
  const { API_PORT: apiPort } = configure(); // a fault is told before anything starts
  if (apiPort !== 0 && !(await isFree(apiPort)))
    throw new StackError('port-taken', `port ${apiPort} (API) is taken by another program; set API_PORT`);
  const stack = await startStack({ dataDir, onProgress, ...(ports && { ports }) });
  const closing = createClosing();
  closing.add('servers', () => stack.stop());
  try {
    const config = configure({
      KAFKA_BROKERS: stack.kafkaBrokers.join(','),
      TEMPORAL_ADDRESS: stack.temporalAddress,
      TEMPORAL_UI_URL: stack.temporalUiUrl,
      DATABASE_URL: stack.databaseUrl,
    });
    const logger = createLogger({ name: 'millrace', level: config.LOG_LEVEL, destination: { file: logFile } });
    installTemporalRuntime(logger, config.TEMPORAL_METRICS_PORT);
    const context: ProcessContext = { config, logger, registry: createRegistry('all'), closing, fail };
    const platform = await startPlatform(context);
    return { stack, platform, context, stop: () => closing.close(DRAIN_LIMIT_MS) };
  } catch (error) {
    await closing.close(DRAIN_LIMIT_MS).catch(() => undefined);
    throw error;
  }
}

/** What a person needs to look around, one line each. */
export const addresses = ({ stack, platform }: Development): string =>
  [
    `Kafka       ${stack.kafkaBrokers.join(',')}`,
    `Web UI      ${stack.temporalUiUrl ?? 'none'}`,
    `API         http://127.0.0.1:${platform.apiPort}`,
    `API docs    http://127.0.0.1:${platform.apiPort}/docs`,
    `Metrics     http://127.0.0.1:${platform.apiPort}/metrics`,
    `PostgreSQL  ${stack.databaseUrl}`,
    `Inventory   ${platform.services.inventory}`,
    `Payments    ${platform.services.payments}`,
    `Shipping    ${platform.services.shipping}`,
  ].join('\n');
