import { requireIndexable, requireStorable } from '../text';
import type { AppendRequest, AppendResult, DeliveredEvent, SubjectRef } from '../types';
import { decideAppend, requireSound } from './decide-append';
import { decideAfterClose, type LateVerdict } from './decide-late';
import type { Operation, Stored } from './stored';

/** Checks the request and makes it an operation. Throws `bad-request`, `unstorable-text`. */
export function appendOperation(request: AppendRequest): Operation<AppendResult> {
  requireSound(request);
  requireStorableAppend(request);
  return {
    subject: request.subject,
    bytes: Buffer.byteLength(JSON.stringify([request.transitions, request.late, request.after.state])),
    asks: {
      eventIds: [...request.consumed, ...request.late].map(({ eventId }) => eventId),
      transitionsAfter: request.expectedVersion,
      host: request.hostChain === undefined ? undefined : request.chain,
      parked: request.fresh === true || request.retold === true,
    },
    expects: request.retold === true ? undefined : expected(request), // it stands already, or what else does is looked up
    decide: (stored, now) => decideAppend(stored, request, now),
  };
}

/** The usual case: its own chain's stream, open, at the version that it names; nothing of it is there. */
const expected = ({ chain, hostChain, expectedVersion: version }: AppendRequest): Stored => ({
  stream: version === 0 ? undefined : { chain, version, status: 'open' },
  consumed: new Map(),
  transitions: new Map(),
  hostChain,
});

/** Writes events off as late if the stream is closed; answers `open` otherwise. */
export function afterCloseOperation(
  ref: SubjectRef,
  events: readonly DeliveredEvent[],
  ignore: boolean,
): Operation<readonly LateVerdict[] | 'open'> {
  requireStorableSubject(ref);
  requireStorableEvents(events);
  return {
    subject: ref.subject,
    bytes: Buffer.byteLength(JSON.stringify(events)),
    asks: { eventIds: events.map(({ eventId }) => eventId), transitionsAfter: null },
    decide: (stored) => decideAfterClose(stored, ref.subject, events, ignore),
  };
}

export function requireStorableSubject({ subject, target, tenantId, key }: SubjectRef): void {
  requireIndexable({ subject, tenantId });
  requireStorable({ target, key });
}

/** Events are kept whole as JSON, which takes any text; what is looked up or shown beside it must be storable. */
export function requireStorableEvents(events: readonly DeliveredEvent[]): void {
  for (const { eventId, correlationId, traceparent } of events) {
    requireIndexable({ eventId });
    requireStorable({ correlationId, traceparent });
  }
}

function requireStorableAppend(request: AppendRequest): void {
  const { chain, correlationId, traceparent, after } = request;
  requireStorableSubject(request);
  requireStorable({ chain, correlationId, traceparent, stage: after.stage, deadline: after.deadline });
  for (const { from, to, causes } of request.transitions) {
    requireStorable({ from, to });
    for (const cause of causes) requireStorable({ cause });
  }
  for (const { eventId } of request.consumed) requireIndexable({ eventId });
  requireStorableEvents(request.late);
}
