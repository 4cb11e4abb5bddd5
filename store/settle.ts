import type { GroupCommit } from './append/group-commit';
import { afterCloseOperation } from './append/operations';
import type { Operation } from './append/stored';
import { runOperations } from './append/stream-transaction';
import { queryable } from './connection';
import { StoreError } from './errors';
import type { Lanes } from './parking/lanes';
import { parkInLane } from './parking/parked-events';
import type { Store } from './store';
import type { DeliveredEvent, SubjectRef } from './types';

/** For what a closed stream's workflow, or a second chain, leaves behind (docs/architecture.md, "Who decides what"). */
export function createSettling(commits: GroupCommit, lanes: Lanes): Pick<Store, 'settleForeign' | 'recordLate'> {
  return {
    async recordLate(ref, events, ignore) {
      if (events.length === 0) return [];
      const answer = await commits.submit(afterCloseOperation(ref, events, ignore));
      if (answer !== 'open') return answer;
      throw new StoreError('not-closed', `${ref.subject} is open: its events are not late`, { subject: ref.subject });
    },

    async settleForeign(ref, events) {
      if (events.length === 0) return;
      const answer = await commits.submit(afterCloseOperation(ref, events, false));
      if (answer === 'open') await parkAsGone(lanes, ref, events);
    },
  };
}

/**
 * The stream is open and its workflow is gone: what it never took waits in the lane. Parking takes the lane's lock,
 * and another look, because the stream may have closed while this call waited for it.
 */
async function parkAsGone(lanes: Lanes, ref: SubjectRef, events: readonly DeliveredEvent[]): Promise<void> {
  await lanes.hold(ref.subject, async (client) => {
    let untaken: readonly DeliveredEvent[] = [];
    const operation = afterCloseOperation(ref, events, false);
    const looking: Operation<unknown> = {
      ...operation,
      decide(stored, now) {
        const decision = operation.decide(stored, now);
        if (decision.result === 'open') untaken = events.filter(({ eventId }) => !stored.consumed.has(eventId));
        return decision;
      },
    };
    const [outcome] = await runOperations(client, [looking], async (_, now) => {
      if (untaken.length > 0) await parkInLane(queryable(client), ref, untaken, 'workflow-gone', now);
    });
    if (outcome !== undefined && !outcome.ok) throw outcome.error;
  });
}
