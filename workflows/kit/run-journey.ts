import type { Envelope } from '@millrace/events';
import { CancellationScope } from '@temporalio/workflow';
import type { Journey } from './journey';
import { JourneyShell } from './journey-shell';
import { ForeignChain } from './subject';
import type { WorkflowInput } from './wire';

/**
 * The one shell of all journeys: take what waits or the deadline, step, record the moves, then perform the effects they
 * ask for; continue as new when it is time. Answers the stage in which the journey closed, or `foreign` for the second
 * chain of a subject, which may act on nothing.
 */
export function runJourney<
  State extends { readonly at: string },
  Start extends Envelope,
  Input extends Envelope,
  Effect extends { readonly name: string },
  Policy,
>(journey: Journey<State, Start, Input, Effect, Policy>, input: WorkflowInput): Promise<string> {
  const shell = new JourneyShell(journey, input);
  CancellationScope.current().cancelRequested.catch(() => shell.requestCancel());
  return CancellationScope.nonCancellable(async () => {
    try {
      return await shell.run();
    } catch (error) {
      if (!(error instanceof ForeignChain)) throw error;
      return shell.leave();
    }
  });
}
