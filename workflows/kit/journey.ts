import type { Envelope } from '@millrace/events';
import type { WorkflowContract } from './contract';
import type { EffectContext } from './effects';
import type { Machine } from './machine';

/** A machine and what connects it with the world. */
export interface Journey<
  State extends { readonly at: string },
  Start extends Envelope,
  Input extends Envelope,
  Effect extends { readonly name: string },
  Policy,
> {
  readonly contract: WorkflowContract<Start, Input, State['at']>;
  /**
   * An activity, so that its answer is in the history. In a workflow of its own, asked for once, at the start, and kept for
   * the journey's life; by a host, at the start of each of its runs, for all of its journeys.
   */
  policy(): Promise<Policy>;
  machine(policy: Policy): Machine<State, Start, Input, Effect>;
  perform(effect: Effect, context: EffectContext): Promise<void>;
  /**
   * Continue as new after so many events, or sooner if the server suggests it. Default 5,000; a host's 20,000: more than
   * it takes along, or a run might do nothing but hand on what waits.
   */
  readonly continueAfterEvents?: number | undefined;
  /** Pooled: how many journeys a host keeps in memory; the others wait in the store. Default 4,000. */
  readonly mostHeld?: number | undefined;
}
