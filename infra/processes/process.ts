import type { Logger } from '@millrace/kafka';
import type { Registry } from 'prom-client';
import { type Config, ConfigError, type ProcessName, readConfig } from '../config/config';
import { createLogger } from '../telemetry/logger';
import { createRegistry } from '../telemetry/metrics';
import { type Closing, createClosing } from './closing';

/** What every process has: its configuration, read once; a logger; metrics; and what it has to close. */
export interface ProcessContext {
  readonly config: Config;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly closing: Closing;
  /** Ends the process with exit code 1 after closing in order: for what it cannot live without. */
  fail(error: Error): void;
}

/** Until what was opened has to be closed; below what compose and orchestrators wait before they kill. */
export const DRAIN_LIMIT_MS = 30_000;

/**
 * Runs one process: reads the configuration, starts, and on SIGTERM or SIGINT drains and ends with 0.
 * A fault of the configuration, a failed start or a lost part ends it with 1, after closing what was opened.
 */
export async function runProcess(name: ProcessName, start: (context: ProcessContext) => Promise<void>): Promise<void> {
  const closing = createClosing();
  let logger: Logger = createLogger({ name: `millrace-${name}`, level: 'info' });
  let ending = false;
  const end = async (code: number, why: string) => {
    if (ending) return;
    ending = true;
    logger.info({ code }, why);
    const failed = await closing.close(DRAIN_LIMIT_MS).then(
      () => false,
      (error: unknown) => {
        logger.error({ err: error }, 'closing failed');
        return true;
      },
    );
    process.exit(failed ? 1 : code);
  };
  const fail = (error: Error) => {
    logger.error({ err: error }, 'the process cannot go on');
    void end(1, 'ending after a failure');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => void end(0, `draining after ${signal}`));
  try {
    const config = readConfig(process.env, name);
    logger = createLogger({ name: `millrace-${name}`, level: config.LOG_LEVEL });
    await start({ config, logger, registry: createRegistry(name), closing, fail });
    logger.info({}, 'started');
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    }
    fail(error instanceof Error ? error : new Error(String(error)));
  }
}
