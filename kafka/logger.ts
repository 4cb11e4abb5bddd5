type Log = (facts: object, message: string) => void;

/** pino fits. */
export interface Logger {
  debug: Log;
  info: Log;
  warn: Log;
  error: Log;
}

const ignore: Log = () => {};
export const silent: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
