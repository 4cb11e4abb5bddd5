import {
  type Client,
  ServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/common';
import { faultOf, temporalCalls } from './temporal-calls';
import { placed, ref, target } from './testing/bridge-parts';

const grpc = (code: number, details = 'details') =>
  new ServiceError('call failed', { cause: Object.assign(new Error(details), { code, details, metadata: {} }) });
const notFound = new WorkflowNotFoundError('workflow not found', ref.subject, undefined);

describe('a failed call', () => {
  it.each([
    ['UNAVAILABLE', grpc(14), 'unavailable'],
    ['RESOURCE_EXHAUSTED', grpc(8, 'namespace rate limit exceeded'), 'exhausted'],
    ['RESOURCE_EXHAUSTED for one workflow', grpc(8, 'Workflow is busy.'), 'busy'],
    [
      'RESOURCE_EXHAUSTED for a message that is too large',
      grpc(8, 'grpc: received message larger than max (5 vs. 4)'),
      'invalid',
    ],
    ['DEADLINE_EXCEEDED', grpc(4), 'deadline'],
    ['CANCELLED', grpc(1), 'deadline'],
    ['INVALID_ARGUMENT', grpc(3, 'Blob data size exceeds limit.'), 'invalid'],
    [
      'INVALID_ARGUMENT of a run that is full',
      grpc(3, 'exceeded workflow execution limit for signal events'),
      'run-full',
    ],
    [
      'INVALID_ARGUMENT of a namespace without our search attributes',
      grpc(3, 'Namespace default has no mapping defined for search attribute TenantId'),
      'unavailable',
    ],
    [
      'INVALID_ARGUMENT of a cluster without our search attributes',
      grpc(3, 'search attribute TenantId is not defined'),
      'unavailable',
    ],
    ['an update that times out', new WorkflowUpdateRPCTimeoutOrCancelledError('timeout'), 'deadline'],
    ['anything else', new TypeError('x'), 'unavailable'],
  ])('by %s', (_, error, fault) => {
    expect(faultOf(error)).toBe(fault);
  });
});

describe('calls on the client', () => {
  function given(answer: () => unknown = () => undefined) {
    const made: unknown[][] = [];
    const call = async (...args: unknown[]) => {
      made.push(args);
      const answered = answer();
      if (answered instanceof Error) throw answered;
    };
    const deadlines: number[] = [];
    const client = {
      withDeadline: (deadline: number, work: () => Promise<unknown>) => {
        deadlines.push(deadline - Date.now());
        return work();
      },
      workflow: {
        getHandle: (id: string) => ({ signal: call.bind(null, id), executeUpdate: call.bind(null, id) }),
        signalWithStart: call,
      },
    };
    // Only what the calls use of a client.
    return {
      calls: temporalCalls(client as unknown as Client, { callDeadlineMs: 1_000, recording: 'local' }),
      made,
      deadlines,
    };
  }
  const events = [placed().event];

  it('signal by the subject, within the deadline', async () => {
    const { calls, made, deadlines } = given();
    await expect(calls.signal(ref, events)).resolves.toBe('taken');
    expect(made).toEqual([[ref.subject, 'domainEvents', events]]);
    expect(deadlines[0]).toBeLessThanOrEqual(1_000);
  });

  it('start under the subject, once, with what people search by', async () => {
    const { calls, made } = given();
    await expect(calls.signalWithStart(ref, target, events)).resolves.toBe('taken');
    expect(made).toMatchObject([
      [
        'orderSaga',
        {
          workflowId: ref.subject,
          taskQueue: 'millrace',
          args: [{ ...ref, shell: 2, recording: 'local' }],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          signal: 'domainEvents',
          signalArgs: [events],
        },
      ],
    ]);
  });

  it('answer that nobody is there', async () => {
    await expect(given(() => notFound).calls.signal(ref, events)).resolves.toBe('not-found');
    await expect(given(() => notFound).calls.barrier(ref, 100)).resolves.toBe('not-found');
  });

  it('answer that it was there before', async () => {
    const before = new WorkflowExecutionAlreadyStartedError('x', ref.subject, 'orderSaga');
    await expect(given(() => before).calls.signalWithStart(ref, target, events)).resolves.toBe('already-started');
  });

  it('reject with what can be done about it', async () => {
    await expect(given(() => grpc(14)).calls.signal(ref, events)).rejects.toMatchObject({
      fault: 'unavailable',
      message: 'details',
    });
    await expect(given(() => grpc(3)).calls.signalWithStart(ref, target, events)).rejects.toMatchObject({
      fault: 'invalid',
    });
  });

  it('take a workflow that ended under the barrier for absent', async () => {
    const ended = new WorkflowUpdateFailedError(
      'x',
      ApplicationFailure.create({ type: 'AcceptedUpdateCompletedWorkflow' }),
    );
    await expect(given(() => ended).calls.barrier(ref, 100)).resolves.toBe('not-found');
  });

  it('never blame an event for its barrier', async () => {
    await expect(given(() => grpc(3)).calls.barrier(ref, 100)).rejects.toMatchObject({ fault: 'busy' });
    await expect(given(() => grpc(14)).calls.barrier(ref, 100)).rejects.toMatchObject({ fault: 'unavailable' });
    await expect(given(() => grpc(4)).calls.barrier(ref, 100)).rejects.toMatchObject({ fault: 'deadline' });
  });
});
