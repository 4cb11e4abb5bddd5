import type { DeliveredEvent, SubjectRef } from '../../store/types';
import type { Hosting } from '../../workflows/kit/contract';
import type { HostMailbox } from './host-mailbox';
import { type PlacementBook, placementFor } from './placement-book';
import type { WorkflowCalls } from './workflow-calls';

/**
 * Calls to where each subject lives: its own workflow, or the mailbox of its host. Only what may start a subject places
 * it; what comes for one without a place meets nobody, without a call (docs/decisions/0005).
 */
export function createPlacedCalls(deps: {
  /** To workflows of their own. */
  own: WorkflowCalls;
  placements: PlacementBook;
  /** Undefined: its subjects have workflows of their own, and no placements. */
  hostingOf: (target: string) => Hosting | undefined;
  mailboxOf: (host: string, target: string) => HostMailbox;
}): WorkflowCalls {
  const { own, placements, hostingOf, mailboxOf } = deps;

  async function put(host: string, ref: SubjectRef, mayStart: boolean, events: readonly DeliveredEvent[]) {
    const { subject, target, tenantId, key } = ref;
    await mailboxOf(host, target).put({ ref: { subject, tenantId, key }, mayStart, events });
    return 'taken' as const;
  }

  return {
    async signal(ref, events) {
      if (hostingOf(ref.target) === undefined) return own.signal(ref, events);
      const place = await placements.find(ref.subject);
      if (place === undefined) return 'not-found';
      return place.host === null ? own.signal(ref, events) : put(place.host, ref, false, events);
    },

    async signalWithStart(ref, target, events) {
      const hosting = hostingOf(ref.target);
      if (hosting === undefined) return own.signalWithStart(ref, target, events);
      const { host } = await placements.place(ref.subject, placementFor(ref.subject, ref.target, hosting));
      return host === null ? own.signalWithStart(ref, target, events) : put(host, ref, true, events);
    },

    shares: (target) => hostingOf(target)?.kind === 'pooled',

    /** A mailbox keeps its host's pace by itself. */
    async barrier(ref, deadlineMs) {
      if (hostingOf(ref.target) === undefined) return own.barrier(ref, deadlineMs);
      const place = await placements.find(ref.subject);
      if (place === undefined) return 'not-found';
      return place.host === null ? own.barrier(ref, deadlineMs) : 'taken';
    },
  };
}
