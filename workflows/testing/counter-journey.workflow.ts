import { proxyActivities } from '@temporalio/workflow';
import { runJourney } from '../kit/run-journey';
import type { JourneyInput } from '../kit/wire';
import { counterContract } from './counter.contract';
import { counter } from './counter.machine';

export interface CounterActivities {
  ring(key: string, count: number): Promise<void>;
}

const { ring } = proxyActivities<CounterActivities>({ startToCloseTimeout: '10s' });

/** Continues as new after every 200 events; a host of it keeps 50 in memory. */
export const counterJourney = (input: JourneyInput): Promise<string> =>
  runJourney(
    {
      contract: counterContract,
      policy: async () => ({}),
      machine: () => counter,
      perform: ({ count }, { key }) => ring(key, count),
      continueAfterEvents: 200,
      mostHeld: 50,
    },
    input,
  );
