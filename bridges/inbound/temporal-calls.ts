import {
  type Client,
  isGrpcServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import {
  ApplicationFailure,
  defineSearchAttributeKey,
  SearchAttributeType,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/common';
import type { SubjectRef } from '../../store/types';
import {
  DOMAIN_EVENTS,
  INBOX_BARRIER,
  type Recording,
  SHELL_VERSION,
  type WorkflowInput,
} from '../../workflows/kit/wire';
import { isBusyWorkflow } from './quick-tries';
import { CallError, type CallFault, type WorkflowCalls } from './workflow-calls';

/** gRPC's own numbers: https://grpc.io/docs/guides/status-codes/ */
const GRPC = { DEADLINE_EXCEEDED: 4, INVALID_ARGUMENT: 3, CANCELLED: 1, RESOURCE_EXHAUSTED: 8 } as const;
/** The server's words when a run has had 10,000 signals: no fault of the event. */
const RUN_FULL = /signal.*limit|limit.*signal/i;
/** The server's words when nobody has registered the search attributes: no event is at fault, the set-up is. */
const NOT_REGISTERED = /search attribute \S+ is not defined|has no mapping defined for/i;
/** The gRPC layer refuses a message above 4 MiB as exhausted, but it stays too large for ever. */
const TOO_LARGE = /larger than max/i;

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
const attributes = {
  tenantId: keyword('TenantId'),
  aggregateId: keyword('AggregateId'),
  correlationId: keyword('CorrelationId'),
  target: keyword('Target'),
};

function grpcCause(error: unknown): { code: number; details: string } | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (isGrpcServiceError(at)) return at;
  return undefined;
}

export function faultOf(error: unknown): CallFault {
  const grpc = grpcCause(error);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return 'deadline';
  if (grpc === undefined) return 'unavailable';
  if (grpc.code === GRPC.DEADLINE_EXCEEDED || grpc.code === GRPC.CANCELLED) return 'deadline';
  if (grpc.code === GRPC.INVALID_ARGUMENT) return faultOfArgument(grpc.details);
  if (grpc.code === GRPC.RESOURCE_EXHAUSTED) return faultOfExhaustion(grpc.details);
  return 'unavailable';
}

function faultOfExhaustion(details: string): CallFault {
  if (TOO_LARGE.test(details)) return 'invalid';
  return isBusyWorkflow(details) ? 'busy' : 'exhausted';
}

function faultOfArgument(details: string): CallFault {
  if (NOT_REGISTERED.test(details)) return 'unavailable';
  return RUN_FULL.test(details) ? 'run-full' : 'invalid';
}

export const callError = (error: unknown): CallError => {
  const cause = grpcCause(error);
  const message = cause?.details || (error instanceof Error ? error.message : String(error));
  return new CallError(faultOf(error), message, { cause: error });
};

/** A barrier carries no event: whatever is wrong with it, no event is at fault. */
export const barrierError = (error: unknown): CallError => {
  const { fault, message } = callError(error);
  return new CallError(fault === 'invalid' || fault === 'run-full' ? 'busy' : fault, message, { cause: error });
};

/** The workflow ended while it held the update; the call that follows will learn what became of it. */
export const endedMeanwhile = (error: unknown): boolean =>
  error instanceof WorkflowUpdateFailedError &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === 'AcceptedUpdateCompletedWorkflow';

export interface TemporalCallsOptions {
  /** Bounds each call, the SDK's own retries included; milliseconds. */
  readonly callDeadlineMs?: number | undefined;
  /** How workflows started from here record; the workflow's default if left out. */
  readonly recording?: Recording | undefined;
}

/** The calls on a real Temporal client. */
export function temporalCalls(client: Client, options: TemporalCallsOptions = {}): WorkflowCalls {
  const { callDeadlineMs = 10_000, recording } = options;
  const inputOf = ({ subject, target, tenantId, key }: SubjectRef): WorkflowInput => ({
    subject,
    target,
    tenantId,
    key,
    shell: SHELL_VERSION,
    ...(recording === undefined ? {} : { recording }),
  });
  const within = <T>(ms: number, call: () => Promise<T>) => client.withDeadline(Date.now() + ms, call);

  return {
    async signal({ subject }, events) {
      try {
        await within(callDeadlineMs, () => client.workflow.getHandle(subject).signal(DOMAIN_EVENTS, events));
        return 'taken';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'not-found';
        throw callError(error);
      }
    },

    async signalWithStart(ref, { taskQueue }, events) {
      const start = {
        workflowId: ref.subject,
        taskQueue,
        args: [inputOf(ref)],
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        signal: DOMAIN_EVENTS,
        signalArgs: [events],
        typedSearchAttributes: [
          { key: attributes.tenantId, value: ref.tenantId },
          { key: attributes.aggregateId, value: ref.key },
          { key: attributes.correlationId, value: events[0]?.correlationId ?? ref.key },
          { key: attributes.target, value: ref.target },
        ],
      };
      try {
        await within(callDeadlineMs, () => client.workflow.signalWithStart(ref.target, start));
        return 'taken';
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return 'already-started';
        throw callError(error);
      }
    },

    async barrier({ subject }, deadlineMs) {
      try {
        await within(deadlineMs, () => client.workflow.getHandle(subject).executeUpdate(INBOX_BARRIER));
        return 'taken';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'not-found';
        if (endedMeanwhile(error)) return 'not-found';
        throw barrierError(error);
      }
    },
  };
}
