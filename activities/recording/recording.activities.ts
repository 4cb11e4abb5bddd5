import type { Store } from '../../store/store';
import type { AppendRequest, AppendResult, DeliveredEvent, SubjectRef } from '../../store/types';

export type { AppendRequest, AppendResult, DeliveredEvent, Json, SubjectRef, TransitionDraft } from '../../store/types';

/** What the kit needs to record what a workflow decided. */
export interface RecordingActivities {
  recordTransitions(request: AppendRequest): Promise<AppendResult>;
  settleForeign(ref: SubjectRef, events: readonly DeliveredEvent[]): Promise<void>;
}

export function createRecordingActivities(deps: {
  store: Pick<Store, 'append' | 'settleForeign'>;
}): RecordingActivities {
  return {
    recordTransitions: (request) => deps.store.append(request),
    settleForeign: (ref, events) => deps.store.settleForeign(ref, events),
  };
}
