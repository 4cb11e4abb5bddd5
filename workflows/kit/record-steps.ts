import type { HostedResult } from '../../activities/recording/hosting.activities';
import { chunksOf, ONE_CALL } from './chunks';
import type { HostStore } from './host-store';
import type { HostedStep } from './hosted-step';
import type { CausedBy } from './recorder';

const RECORDED_AT_ONCE = { items: 400, characters: ONE_CALL };

/** Steps recorded by one activity, and the answers to those that were not simply recorded, by their place. */
interface RecordedChunk<State, Effect> {
  readonly chunk: readonly HostedStep<State, Effect>[];
  readonly results: ReadonlyMap<number, HostedResult>;
}

/** In as few activities as it fits, at the same time: those that signals have led to apart from the others. */
export function recordSteps<State, Effect>(
  store: HostStore<Effect>,
  steps: readonly HostedStep<State, Effect>[],
  causeOf: (step: HostedStep<State, Effect>) => CausedBy,
): Promise<readonly RecordedChunk<State, Effect>[]> {
  const recorded = (cause: CausedBy) => {
    const ofCause = steps.filter((step) => causeOf(step) === cause);
    return chunksOf(ofCause, RECORDED_AT_ONCE, ({ entry }) => entry).map(async (chunk) => {
      const entries = chunk.map(({ entry }) => entry);
      return { chunk, results: await store.record(entries, cause) };
    });
  };
  return Promise.all([...recorded('signals'), ...recorded('clock-or-effect')]);
}
