import { condition, continueAsNew, log, setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow';
import { Alarm } from './alarm';
import type { HostRuntime } from './host-runtime';

/** Of the workflow that asks for it. */
export const workflowRuntime: HostRuntime = {
  now: () => Date.now(),
  task: () => workflowInfo().historyLength,
  until: (holds) => condition(holds),
  sleep: (ms) => sleep(ms),
  alarm: (ring) => new Alarm(ring),
  suggestsContinue: () => workflowInfo().continueAsNewSuggested,
  continueAsNew: (input) => continueAsNew(input),
  details: (text) => setCurrentDetails(text),
  warn: (message, facts) => log.warn(message, { ...facts }),
};
