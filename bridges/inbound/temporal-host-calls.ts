import type { Client } from '@temporalio/client';
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/common';
import { HOSTED_EVENTS, type HostInput, INBOX_BARRIER } from '../../workflows/kit/wire';
import type { HostCalls } from './host-mailbox';
import { barrierError, callError, endedMeanwhile, type TemporalCallsOptions } from './temporal-calls';
import { CallError } from './workflow-calls';

const target = defineSearchAttributeKey('Target', SearchAttributeType.KEYWORD);

/** The calls to one host on a real Temporal client. A host that was terminated is started again: a new chain takes over. */
export function temporalHostCalls(
  client: Client,
  host: { readonly id: string; readonly target: string; readonly taskQueue: string },
  { callDeadlineMs = 10_000, recording }: TemporalCallsOptions = {},
): HostCalls {
  const input: HostInput = {
    host: host.id,
    target: host.target,
    ...(recording === undefined ? {} : { recording }),
  };
  const within = <T>(ms: number, call: () => Promise<T>) => client.withDeadline(Date.now() + ms, call);

  return {
    async send(batches) {
      const start = {
        workflowId: host.id,
        taskQueue: host.taskQueue,
        args: [input],
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        signal: HOSTED_EVENTS,
        signalArgs: [batches],
        typedSearchAttributes: [{ key: target, value: host.target }],
        staticSummary: `Runs pooled journeys: ${host.target}`,
      };
      try {
        await within(callDeadlineMs, () => client.workflow.signalWithStart(host.target, start));
      } catch (error) {
        const failure = callError(error);
        // Another run of the host takes them soon: no lane is at fault.
        throw failure.fault === 'run-full' ? new CallError('busy', failure.message, { cause: error }) : failure;
      }
    },

    async barrier(deadlineMs) {
      try {
        return await within(deadlineMs, () =>
          client.workflow.getHandle(host.id).executeUpdate<number, []>(INBOX_BARRIER),
        );
      } catch (error) {
        // The run that held it has ended, or nobody runs: the next call starts one whose inbox is empty.
        if (error instanceof WorkflowNotFoundError || endedMeanwhile(error)) return 0;
        throw barrierError(error);
      }
    },
  };
}
