import type { Envelope } from '@millrace/events';
import { CancellationScope } from '@temporalio/workflow';
import type { Journey } from './journey';
import { JourneyShell } from './journey-shell';
import { runHost } from './run-host';
import { ForeignChain } from './subject';
import type { JourneyInput } from './wire';

/**
 * The one shell of journeys in workflows of their own (a host's is `runHost`): take what waits or the deadline, step, record the moves, then perform the effects they
 * ask for; continue as new when it is time. Answers the stage in which the journey closed, or `foreign` for the second
 * chain of a subject, which may act on nothing.
 */
export function runJourney<
  State extends { readonly at: string },
  Start extends Envelope,
  Input extends Envelope,
  Effect extends { readonly name: string },
  Policy,
>(journey: Journey<State, Start, Input, Effect, Policy>, input: JourneyInput): Promise<string> {
  if ('host' in input) return runHost(journey, input);
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
