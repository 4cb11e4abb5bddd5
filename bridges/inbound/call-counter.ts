import { systemClock } from '@millrace/kafka';
import { type BridgeMetrics, type CallKind, type CallResult, noBridgeMetrics } from '../metrics';
import { createFlow, type Flow } from './flow';
import type { HostCalls } from './host-mailbox';
import type { WorkflowCalls } from './workflow-calls';

export type CallMetrics = Pick<BridgeMetrics, 'callEnded' | 'subjectCalled' | 'hostCalled'>;

/** Calls, and how they fare. */
export interface CountedCalls extends WorkflowCalls {
  readonly flow: Flow;
}

/** Stands where calls leave for Temporal: what is answered without a call says nothing about Temporal, and does not count. */
export interface CallCounter {
  readonly flow: Flow;
  own(calls: WorkflowCalls): CountedCalls;
  host(calls: HostCalls, target: string): HostCalls;
}

export function createCallCounter({
  metrics = noBridgeMetrics,
  now = systemClock.now,
}: {
  metrics?: CallMetrics;
  /** Milliseconds. */
  now?: () => number;
} = {}): CallCounter {
  const flow = createFlow();

  async function counted<R>(
    target: string,
    kind: CallKind,
    call: () => Promise<R>,
    resultOf: (answer: R) => CallResult,
  ) {
    const began = now();
    let result: CallResult = 'failed';
    try {
      const answer = await call();
      result = resultOf(answer);
      return answer;
    } finally {
      flow.ended(result);
      metrics.callEnded(target, kind, result, now() - began);
    }
  }

  const own = (calls: WorkflowCalls): CountedCalls => ({
    flow,
    signal(ref, events) {
      metrics.subjectCalled(ref.target, events.length);
      return counted(ref.target, 'signal', () => calls.signal(ref, events), itself);
    },
    signalWithStart(ref, target, events) {
      metrics.subjectCalled(ref.target, events.length);
      return counted(ref.target, 'signal-with-start', () => calls.signalWithStart(ref, target, events), itself);
    },
    barrier: (ref, deadlineMs) => counted(ref.target, 'barrier', () => calls.barrier(ref, deadlineMs), itself),
  });

  const host = (calls: HostCalls, target: string): HostCalls => ({
    send(batches) {
      for (const { events } of batches) metrics.subjectCalled(target, events.length);
      metrics.hostCalled(
        target,
        batches.reduce((sum, { events }) => sum + events.length, 0),
      );
      return counted(
        target,
        'signal-with-start',
        () => calls.send(batches),
        () => 'taken',
      );
    },
    barrier: (deadlineMs) =>
      counted(
        target,
        'barrier',
        () => calls.barrier(deadlineMs),
        () => 'taken',
      ),
  });

  return { flow, own, host };
}

const itself = <R>(result: R): R => result;
