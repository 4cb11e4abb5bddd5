import type { Logger } from '@millrace/kafka';
import { StoreError } from '../../store/errors';
import type { Cause, DeadLetters } from './dead-letters';
import type { Delivery, Note } from './delivery';
import type { Dispatch } from './dispatch';
import type { LaneMemory, LaneState } from './lane-memory';
import { CallError } from './workflow-calls';

/** What a failure means for the batch: once more, never, or into the parked lane. */
export type Reaction =
  | { readonly kind: 'again' }
  | { readonly kind: 'never'; readonly cause: Cause }
  | { readonly kind: 'park'; readonly cause: 'blocked' | 'refused' };

/**
 * A lane is blocked when its calls have failed for `blockedParkMs` while calls to others went through: then it is not
 * Temporal that is away. `lastTakenAt` is of any lane; this one's own last success lies before `failingSince`.
 */
export const isBlocked = (lane: LaneState, lastTakenAt: number, now: number, blockedParkMs: number): boolean =>
  lane.failingSince !== undefined && now - lane.failingSince >= blockedParkMs && lastTakenAt > lane.failingSince;

export function reactionTo(error: unknown, blocked: boolean): Reaction {
  if (error instanceof StoreError && error.failure === 'never') {
    return { kind: 'never', cause: { code: error.code, message: error.message } };
  }
  if (!(error instanceof CallError)) return { kind: 'again' };
  if (error.fault === 'invalid') return { kind: 'never', cause: { code: 'refused', message: error.message } };
  if (error.fault === 'run-full') return { kind: 'park', cause: 'refused' };
  return blocked ? { kind: 'park', cause: 'blocked' } : { kind: 'again' };
}

/** Settles a lane's batch whatever happens to it, or rejects: then the consumer's core sends it again, for ever, with back-off. */
export function createSettle(deps: {
  dispatch: Dispatch;
  deadLetters: DeadLetters;
  memory: LaneMemory;
  blockedParkMs: number;
  now: () => number;
  /** When a call to any workflow was last taken. */
  lastTakenAt: () => number;
  note: Note;
  logger: Logger;
}): (batch: readonly Delivery[]) => Promise<void> {
  const { dispatch, deadLetters, memory, blockedParkMs, now, lastTakenAt, note, logger } = deps;

  async function settle(batch: readonly Delivery[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    const { subject } = first.ref;
    const lane = memory.of(subject);
    try {
      await dispatch.deliver(batch);
      lane.failingSince = undefined;
    } catch (error) {
      if (error instanceof CallError) lane.failingSince ??= now();
      const reaction = reactionTo(error, isBlocked(lane, lastTakenAt(), now(), blockedParkMs));
      if (reaction.kind === 'again') throw error;
      if (reaction.kind === 'never') return refuse(batch, reaction.cause);
      logger.warn({ subject, cause: reaction.cause, error: String(error) }, 'lane parked');
      await dispatch.park(batch, reaction.cause);
      lane.failingSince = undefined;
    }
  }

  /** Finds the event that the server will never take by halves; what went through on the way is found again by its id. */
  async function refuse(batch: readonly Delivery[], cause: Cause): Promise<void> {
    const middle = Math.ceil(batch.length / 2);
    if (batch.length > 1) {
      await settle(batch.slice(0, middle));
      return settle(batch.slice(middle));
    }
    await deadLetters.buryRecords(batch.map(({ record }) => ({ record, cause })));
    for (const delivery of batch) {
      note(delivery, 'dead', cause.code);
      logger.warn(
        { subject: delivery.ref.subject, eventId: delivery.event.eventId, cause: cause.code },
        'event given up',
      );
    }
  }

  return settle;
}
