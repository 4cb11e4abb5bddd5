import { type Client, isGrpcServiceError, type WorkflowHandle } from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import type { SubjectRef } from '../../activities/recording/recording.activities';
import {
  DOMAIN_EVENTS,
  INBOX_BARRIER,
  type Recording,
  SHELL_VERSION,
  type WireEvent,
  type WorkflowInput,
} from '../kit/wire';

export interface TestSubject {
  readonly subject: string;
  readonly handle: WorkflowHandle;
  send(...events: WireEvent[]): Promise<void>;
  barrier(): Promise<void>;
}

export interface StartOptions {
  readonly target: string;
  readonly taskQueue: string;
  readonly key: string;
  readonly recording?: Recording;
}

const attribute = (name: string) => defineSearchAttributeKey(name, 'KEYWORD');

/** A subject of the tests' own tenant. */
export const refOf = (target: string, key: string): SubjectRef => ({
  subject: `${target}/test/${key}`,
  target,
  tenantId: 'test',
  key,
});

/** Starts a subject as the bridge does: signal with start, the starting event first. */
export async function startSubject(client: Client, options: StartOptions, events: WireEvent[]): Promise<TestSubject> {
  const { target, key, taskQueue, recording } = options;
  const { subject, tenantId } = refOf(target, key);
  const input: WorkflowInput = { subject, target, tenantId, key, recording, shell: SHELL_VERSION };
  await client.workflow.signalWithStart(target, {
    workflowId: subject,
    taskQueue,
    args: [input],
    signal: DOMAIN_EVENTS,
    signalArgs: [events],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    typedSearchAttributes: new TypedSearchAttributes([
      { key: attribute('TenantId'), value: tenantId },
      { key: attribute('AggregateId'), value: key },
      { key: attribute('CorrelationId'), value: events[0]?.correlationId ?? '' },
      { key: attribute('Target'), value: target },
    ]),
  });
  const handle = client.workflow.getHandle(subject);
  return {
    subject,
    handle,
    send: (...more) => handle.signal(DOMAIN_EVENTS, more),
    barrier: () => barrier(handle),
  };
}

/** gRPC: the task that carried the update was lost, for instance because the workflow could not continue as new. */
const FAILED_PRECONDITION = 9;

async function barrier(handle: WorkflowHandle): Promise<void> {
  for (;;) {
    try {
      await handle.executeUpdate(INBOX_BARRIER);
      return;
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (!isGrpcServiceError(cause) || Number(cause.code) !== FAILED_PRECONDITION) throw error;
    }
  }
}
