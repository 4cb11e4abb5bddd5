import { CancellationScope, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type {
  AppendRequest,
  AppendResult,
  DeliveredEvent,
  RecordingActivities,
  SubjectRef,
} from '../../activities/recording/recording.activities';
import type { Recording } from './wire';

/**
 * What caused the moves of an append. Only moves that signals caused, in signal order, may be recorded before the
 * workflow task that made them is committed: if that task is lost, the redone one sees the same signals in the same
 * order, but perhaps more of them, and ahead of timers and results (docs/decisions/0003).
 */
export type CausedBy = 'signals' | 'clock-or-effect';

export interface Recorder {
  /** Retries without end, whatever was cancelled. */
  record(request: AppendRequest, causedBy: CausedBy): Promise<AppendResult>;
  settleForeign(ref: SubjectRef, events: readonly DeliveredEvent[]): Promise<void>;
}

const retry = { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '30s' } as const;

const { recordTransitions, settleForeign } = proxyActivities<RecordingActivities>({
  startToCloseTimeout: '10s',
  retry,
});
const local = proxyLocalActivities<RecordingActivities>({ startToCloseTimeout: '30s', retry });

export function createRecorder(way: Recording): Recorder {
  return {
    record: (request, causedBy) =>
      withoutEnd(() =>
        way === 'local' && causedBy === 'signals' ? local.recordTransitions(request) : recordTransitions(request),
      ),
    settleForeign: (ref, events) => withoutEnd(() => settleForeign(ref, events)),
  };
}

/** A recording that fails for good is a bug of ours: a plain error, so that the task waits for the fix. */
export async function withoutEnd<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await CancellationScope.nonCancellable(call);
  } catch (cause) {
    throw new Error('Recording was refused for good', { cause });
  }
}
