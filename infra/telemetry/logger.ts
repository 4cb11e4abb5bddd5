import type { Logger } from '@millrace/kafka';
import pino from 'pino';

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
  // Without a serializer an error's message and stack are left out: they are no fields of JSON.
  const serializers = { err: pino.stdSerializers.err, error: pino.stdSerializers.err };
  return pino({ name: options.name, level: options.level, base: { pid: process.pid }, serializers }, target);
}
