import { type logCreator, logLevel } from 'kafkajs';
import type { Logger } from '../logger';

/** Said by healthy clients too: at start, at each rebalance, and about an option that is set on purpose. */
const NO_FAULT =
  /coordinator is (loading|not available)|group is rebalancing|Limiting retries for the idempotent producer|not aware of this member/i;

/** kafkajs's log, into ours: its info is our debug, and what a restart settles by itself is no error. */
export const kafkajsLog =
  (logger: Logger): logCreator =>
  () =>
  ({ level, namespace, log }) => {
    const { message, timestamp: _, logger: __, stack: ___, ...facts } = log;
    const named = { ...facts, kafkajs: namespace };
    if (level === logLevel.ERROR && !NO_FAULT.test(message + String(facts['error'] ?? ''))) logger.warn(named, message);
    else if (level === logLevel.WARN && !NO_FAULT.test(message)) logger.warn(named, message);
    else logger.debug(named, message);
  };
