import type { Envelope } from '@millrace/events';
import { HandlerUnfinishedPolicy } from '@temporalio/common';
import { CancellationScope, defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import { HostShell } from './host-shell';
import { hostStore } from './host-store';
import type { Journey } from './journey';
import {
  HOSTED_EVENTS,
  type HostInput,
  type HostStatus,
  INBOX_BARRIER,
  type LaneBatch,
  STATUS,
  type SubjectStatus,
} from './wire';
import { workflowRuntime } from './workflow-runtime';

const hostedEvents = defineSignal<[readonly LaneBatch[]]>(HOSTED_EVENTS);
const inboxBarrier = defineUpdate<number>(INBOX_BARRIER);
const status = defineQuery<HostStatus | SubjectStatus | null, [string?]>(STATUS);

/**
 * The one shell of all hosts: many journeys of a kind in one workflow that never ends. A cancellation of it is not
 * theirs, and does nothing: journeys are cancelled by events.
 */
export function runHost<
  State extends { readonly at: string },
  Start extends Envelope,
  Input extends Envelope,
  Effect extends { readonly name: string },
  Policy,
>(journey: Journey<State, Start, Input, Effect, Policy>, input: HostInput): Promise<never> {
  const store = hostStore<Effect>(input, journey.contract.late === 'ignore');
  const shell = new HostShell(journey, input, { runtime: workflowRuntime, store });
  setHandler(hostedEvents, (batches) => shell.receive(batches));
  setHandler(inboxBarrier, () => shell.barrier(), { unfinishedPolicy: HandlerUnfinishedPolicy.ABANDON });
  setHandler(status, (subject) => (subject === undefined ? shell.status() : shell.statusOf(subject)));
  return CancellationScope.nonCancellable(() => shell.run());
}
