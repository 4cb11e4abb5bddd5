import type { Envelope } from '@millrace/events';
import { workflowContract } from '../kit/contract';

export type CountBegun = Envelope<'CountBegun', object>;
export type Counted = Envelope<
  'Counted',
  {
    /** RFC 3339, UTC: the counter idles from then on, until it counts again. */
    readonly idleAt?: string | undefined;
    /** Rings at this count, whatever it is. */
    readonly ring?: boolean | undefined;
    /** RFC 3339, UTC: the machine throws until then. */
    readonly failsUntil?: string | undefined;
  }
>;
export type CountSkipped = Envelope<'CountSkipped', object>;
export type CountEnded = Envelope<'CountEnded', object>;
export type CounterEvent = CountBegun | Counted | CountSkipped | CountEnded;

const stages = ['counting', 'idle', 'ended'] as const;

export type CounterStage = (typeof stages)[number];

/** A journey for tests that are about the kit and not about a domain. */
export const counterContract = workflowContract<CountBegun, CounterEvent, CounterStage>({
  target: 'counterJourney',
  taskQueue: 'test',
  transitionsTopic: 'test.counters.transitions',
  late: 'dead-letter',
  startsOn: ['CountBegun'],
  acceptsOn: ['CountBegun', 'Counted', 'CountSkipped', 'CountEnded'],
  stages,
});
