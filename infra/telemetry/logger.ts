import pino from 'pino';

/** What every part of the platform logs through: facts first, then a sentence. Never a payload. */
export interface Logger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** JSON lines on stdout (or on stderr where stdout shows something to people), one logger per process. */
export function createLogger(options: {
  name: string;
  level: string;
  destination?: 'stdout' | 'stderr' | { file: string };
}): Logger {
  const { destination = 'stdout' } = options;
  const target =
    typeof destination === 'object'
      ? pino.destination({ dest: destination.file, sync: false, mkdir: true })
      : pino.destination(destination === 'stderr' ? 2 : 1);
  return pino({ name: options.name, level: options.level, base: { pid: process.pid } }, target);
}
