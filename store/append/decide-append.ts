import { StoreError } from '../errors';
import { asStored, sameJson } from '../json';
import type { AppendRequest, AppendResult, DeliveredEvent, TransitionDraft } from '../types';
import { decideLate } from './decide-late';
import type { Decision, Stored, StoredTransition, StreamWrite, Writes } from './stored';

/**
 * Compare-and-append (docs/architecture.md, "Who decides what"), without any I/O.
 *
 * In this order: an older chain of a host is refused; another chain's stream is not touched; events that met the stream before the append began are
 * duplicates; whatever else differs from what is stored is a conflict; the rest is there already or is added.
 */
export function decideAppend(stored: Stored, request: AppendRequest, now: string): Decision<AppendResult> {
  const { stream } = stored;
  if (request.hostChain !== undefined && request.hostChain !== stored.hostChain) {
    return { result: { status: 'superseded' } };
  }
  if (stream !== undefined && stream.chain !== request.chain) {
    return { result: { status: 'foreign-chain', chain: stream.chain, closed: stream.status === 'closed' } };
  }
  const decision = compare(stored, request, now);
  return isKnown(stored, request, decision.result) ? { result: { status: 'known' } } : decision;
}

/**
 * Taken for new, it must be told from its beginning to its end: as when the same append comes again. Told again, it may be
 * followed by more: its host forgets the state. What is parked goes first. Closed, it takes no more, also nothing that moves it nowhere.
 */
function isKnown(stored: Stored, request: AppendRequest, { status }: AppendResult): boolean {
  const { stream, parked } = stored;
  const { fresh, retold, expectedVersion, transitions } = request;
  if (fresh !== true && retold !== true) return false;
  if (parked === true) return true;
  if (stream === undefined) return false;
  if (retold !== true && stream.status === 'closed' && newlyTaken(stored, request).length > 0) return true;
  return status !== 'recorded' || (retold !== true && stream.version > expectedVersion + transitions.length);
}

function compare(stored: Stored, request: AppendRequest, now: string): Decision<AppendResult> {
  const elsewhere = consumedElsewhere(stored, request);
  const before = elsewhere.filter(({ storedVersion }) => storedVersion < request.expectedVersion);
  if (before.length > 0) return duplicates(before);
  const detail = conflict(stored, request) ?? otherStory(stored, elsewhere);
  if (detail !== undefined) return { result: { status: 'conflict', detail } };
  if (elsewhere.length > 0) return duplicates(elsewhere);
  return {
    result: {
      status: 'recorded',
      version: request.expectedVersion + request.transitions.length,
      recordedAt: request.transitions.map(
        (_, index) => stored.transitions.get(request.expectedVersion + index + 1)?.recordedAt ?? now,
      ),
    },
    writes: additions(stored, request),
  };
}

interface Elsewhere {
  readonly eventId: string;
  readonly storedVersion: number;
}

const duplicates = (events: readonly Elsewhere[]): Decision<AppendResult> => ({
  result: { status: 'duplicates', eventIds: events.map(({ eventId }) => eventId) },
});

/** Events that the subject took already, at another version than this append gives them. */
const consumedElsewhere = (stored: Stored, request: AppendRequest): readonly Elsewhere[] =>
  request.consumed.flatMap(({ eventId, version }) => {
    const storedVersion = stored.consumed.get(eventId);
    return storedVersion === undefined || storedVersion === version ? [] : [{ eventId, storedVersion }];
  });

/** An event that moved the stream within this append's reach, but at another place: dropping it would hide the move. */
function otherStory(stored: Stored, elsewhere: readonly Elsewhere[]): string | undefined {
  const moved = elsewhere.find(({ eventId, storedVersion }) =>
    stored.transitions.get(storedVersion + 1)?.causes.includes(eventId),
  );
  return moved && `event ${moved.eventId} is stored as the cause of version ${moved.storedVersion + 1}`;
}

function conflict(stored: Stored, request: AppendRequest): string | undefined {
  const storedVersion = stored.stream?.version ?? 0;
  if (request.expectedVersion > storedVersion) {
    return `version ${request.expectedVersion} expected, the stream is at ${storedVersion}`;
  }
  const end = request.expectedVersion + request.transitions.length;
  if (request.after.closed && end < storedVersion) return `the close at ${end} comes before version ${storedVersion}`;
  for (const [index, draft] of request.transitions.entries()) {
    const version = request.expectedVersion + index + 1;
    const there = stored.transitions.get(version);
    if (there !== undefined && !sameTransition(there, draft)) {
      return `version ${version} is ${outline(there)}, not ${outline(draft)}`;
    }
    if (there === undefined && stored.stream?.status === 'closed') {
      return `version ${version} (${outline(draft)}) comes after the close at ${storedVersion}`;
    }
  }
  return undefined;
}

const sameTransition = (stored: StoredTransition, draft: TransitionDraft): boolean =>
  stored.from === draft.from &&
  stored.to === draft.to &&
  stored.reason === (draft.reason ?? null) &&
  stored.causes.length === draft.causes.length &&
  stored.causes.every((cause, index) => cause === draft.causes[index]) &&
  sameJson(stored.data, asStored(draft.data ?? null));

/** Without data: it may be personal, and the outline goes to logs. */
const outline = ({ from, to, causes }: Pick<TransitionDraft, 'from' | 'to' | 'causes'>): string =>
  `${from ?? '(start)'} -> ${to} by [${causes.slice(0, 5).join(', ')}${causes.length > 5 ? ', ...' : ''}] with its reason and data`;

function additions(stored: Stored, request: AppendRequest): Writes | undefined {
  const version = Math.max(stored.stream?.version ?? 0, request.expectedVersion + request.transitions.length);
  const late = decideLate(stored.consumed, version, unclaimedLate(request));
  const taken = newlyTaken(stored, request);
  const transitions = request.transitions
    .map((draft, index) => ({
      ...draft,
      version: request.expectedVersion + index + 1,
      correlationId: request.correlationId,
      traceparent: request.traceparent ?? null,
    }))
    .filter((transition) => !stored.transitions.has(transition.version));
  const stream = nextRow(stored, request, taken.length > 0 || transitions.length > 0);
  if (stream === undefined && taken.length === 0 && transitions.length === 0 && late.late.length === 0) {
    return undefined;
  }
  return { stream, consumed: [...taken, ...late.consumed], transitions, late: late.late };
}

function newlyTaken(stored: Stored, request: AppendRequest): Writes['consumed'] {
  const taken = new Map(request.consumed.map((entry) => [entry.eventId, entry]));
  return [...taken.values()].filter(({ eventId }) => !stored.consumed.has(eventId));
}

/** What the workflow took is not late, even if it says both. */
function unclaimedLate(request: AppendRequest): readonly DeliveredEvent[] {
  const taken = new Set(request.consumed.map(({ eventId }) => eventId));
  return request.late.filter(({ eventId }) => !taken.has(eventId));
}

/** The row moves only forward: not when a part of the story is told again, and never out of `closed`. */
function nextRow({ stream }: Stored, request: AppendRequest, adds: boolean): StreamWrite | undefined {
  const { expectedVersion, transitions, after, chain, correlationId, traceparent } = request;
  const version = expectedVersion + transitions.length;
  if (stream !== undefined) {
    if (stream.status === 'closed' || version < stream.version) return undefined;
    if (!adds && !after.closed) return undefined;
  }
  return {
    subject: request.subject,
    target: request.target,
    tenantId: request.tenantId,
    key: request.key,
    chain,
    version,
    status: after.closed ? 'closed' : 'open',
    stage: after.stage,
    state: after.state,
    machineVersion: after.machineVersion,
    correlationId,
    traceparent: traceparent ?? null,
    deadline: after.deadline ?? null,
  };
}

/** Throws `bad-request` for a request that no store could answer. */
export function requireSound(request: AppendRequest): void {
  const refuse = (message: string): never => {
    throw new StoreError('bad-request', message, { subject: request.subject });
  };
  if (!Number.isInteger(request.expectedVersion) || request.expectedVersion < 0) {
    refuse(`expectedVersion ${request.expectedVersion} is not a version`);
  }
  if (request.late.length > 0 && !request.after.closed) refuse('only a closing append may carry late events');
  const versions = new Map<string, number>();
  for (const { eventId, version } of request.consumed) {
    if ((versions.get(eventId) ?? version) !== version) refuse(`event ${eventId} is consumed at two versions`);
    versions.set(eventId, version);
  }
}
