import type { Logger } from '@millrace/kafka';
import { StoreError } from '../../store/errors';
import type { Cause, DeadLetters } from './dead-letters';
import type { Delivery, Note } from './delivery';
import type { Dispatch } from './dispatch';
import { type Flow, failingAgain, isBlocked } from './flow';
import type { LaneMemory } from './lane-memory';
import { CallError } from './workflow-calls';

/** What a failure means for the batch: once more, never, or into the parked lane. */
export type Reaction =
  | { readonly kind: 'again' }
  | { readonly kind: 'never'; readonly cause: Cause }
  | { readonly kind: 'park'; readonly cause: 'blocked' | 'refused' };

export function reactionTo(error: unknown, blocked: boolean): Reaction {
  if (error instanceof StoreError && error.failure === 'never') {
    return { kind: 'never', cause: { code: 'unstorable-text', message: error.message } };
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
  flow: Flow;
  note: Note;
  logger: Logger;
}): (batch: readonly Delivery[]) => Promise<void> {
  const { dispatch, deadLetters, memory, blockedParkMs, now, flow, note, logger } = deps;

  async function settle(batch: readonly Delivery[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    const { subject } = first.ref;
    const lane = memory.of(subject);
    try {
      await dispatch.deliver(batch);
      lane.failing = undefined;
    } catch (error) {
      if (error instanceof CallError) lane.failing = failingAgain(lane.failing, flow, now());
      const reaction = reactionTo(error, isBlocked(lane.failing, flow, now(), blockedParkMs));
      if (reaction.kind === 'again') throw error;
      if (reaction.kind === 'never') return refuse(batch, reaction.cause);
      logger.warn({ subject, cause: reaction.cause, error: String(error) }, 'lane parked');
      await dispatch.park(batch, reaction.cause);
      lane.failing = undefined;
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
