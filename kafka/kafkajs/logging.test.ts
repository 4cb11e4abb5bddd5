import { logLevel } from 'kafkajs';
import type { Logger } from '../logger';
import { kafkajsLog } from './logging';

describe("kafkajs's log", () => {
  it('warns of errors, and only notes what healthy clients say too', () => {
    const lines: [string, string][] = [];
    const note = (level: string) => (_: object, message: string) => void lines.push([level, message]);
    const logger: Logger = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
    const log = kafkajsLog(logger)(logLevel.WARN);
    const say = (level: logLevel, message: string, facts: object = {}): void =>
      log({ namespace: 'Consumer', level, label: '', log: { timestamp: '', message, ...facts } });
    say(logLevel.ERROR, 'Connection error');
    say(logLevel.WARN, 'Something odd');
    say(logLevel.ERROR, 'Response GroupCoordinator', { error: 'The group coordinator is not available' });
    say(logLevel.WARN, 'The group is rebalancing, re-joining');
    say(logLevel.WARN, 'Limiting retries for the idempotent producer may invalidate EoS guarantees');
    say(logLevel.INFO, 'Stopped');
    expect(lines.map(([level]) => level)).toEqual(['warn', 'warn', 'debug', 'debug', 'debug', 'debug']);
  });
});
