import type { Logger } from '@millrace/kafka';
import { makeTelemetryFilterString, Runtime } from '@temporalio/worker';

/** The SDK's native part, once per process before anything else of it: our logger, our signals, its own metrics on a port of its own. */
export function installTemporalRuntime(logger: Logger, metricsPort: number): void {
  const log = (level: string, message: string, facts: object = {}) => {
    if (level === 'ERROR') logger.error(facts, message);
    else if (level === 'WARN') logger.warn(facts, message);
    else logger.debug(facts, message);
  };
  Runtime.install({
    shutdownSignals: [],
    logger: {
      log: (level, message, facts) => log(level, message, facts),
      trace: () => undefined,
      debug: () => undefined,
      info: (message, facts) => log('INFO', message, facts),
      warn: (message, facts) => log('WARN', message, facts),
      error: (message, facts) => log('ERROR', message, facts),
    },
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      ...(metricsPort > 0 && {
        metrics: {
          prometheus: {
            bindAddress: `0.0.0.0:${metricsPort}`,
            countersTotalSuffix: true,
            useSecondsForDurations: true,
          },
        },
      }),
    },
  });
}
