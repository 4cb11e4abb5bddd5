import type { BridgeStore } from '../../bridges/inbound/bridge-options';
import { decideAppend, requireSound } from '../../store/append/decide-append';
import { decideAfterClose } from '../../store/append/decide-late';
import type { Stored, StoredTransition, Writes } from '../../store/append/stored';
import { StoreError } from '../../store/errors';
import { causesThatStay } from '../../store/parking/lane-cause';
import { parkedInto } from '../../store/parking/lane-order';
import type { HeldLane } from '../../store/store';
import type {
  AppendRequest,
  AppendResult,
  DeliveredEvent,
  FeedEntry,
  FeedPosition,
  LedgerRow,
  ParkCause,
  ParkedLane,
  StreamRow,
  SubjectRef,
  Verdict,
} from '../../store/types';
import { SimHosting } from './hosting';
import type { Journal } from './journal';
import type { Timeline } from './timeline';

interface Stream extends StreamRow {
  readonly transitions: Map<number, StoredTransition>;
  /** In the order in which they were written. */
  readonly consumed: Map<string, number>;
  readonly late: DeliveredEvent[];
}
interface Lane {
  readonly ref: SubjectRef;
  cause: ParkCause;
  readonly parkedAt: number;
  attemptedAt: number;
  events: readonly DeliveredEvent[];
}
/** A connection that holds a lane's lock, or a lease; the lock goes with it. */
export interface Session {
  readonly key: string;
  open: boolean;
  readonly closed: () => void;
}

/** PostgreSQL's side: the store's own decisions over maps. */
export class SimStore {
  readonly streams = new Map<string, Stream>();
  readonly lanes = new Map<string, Lane>();
  readonly ledger = new Map<string, LedgerRow>();
  readonly feed: FeedEntry[] = [];
  readonly checkpoints = new Map<string, FeedPosition>();
  readonly hosting: SimHosting;
  private readonly locks = new Map<string, Session>();

  constructor(
    private readonly timeline: Timeline,
    private readonly journal: Journal,
  ) {
    this.hosting = new SimHosting(this.streams, journal);
  }

  tryLock(key: string, closed: () => void = () => {}): Session | undefined {
    if (this.locks.has(key)) return undefined;
    const session: Session = { key, open: true, closed };
    this.locks.set(key, session);
    return session;
  }

  /** The connection ends, and with it the lock. */
  close(session: Session): void {
    if (!session.open) return;
    session.open = false;
    this.locks.delete(session.key);
    session.closed();
  }

  append(request: AppendRequest): AppendResult {
    requireSound(request);
    const { result, writes } = decideAppend(this.stored(request), request, this.time());
    if (result.status === 'conflict') this.journal.violate(`conflict in ${request.subject}: ${result.detail}`);
    if (writes) this.write(request.subject, writes);
    return result;
  }

  recordLate: (...given: Parameters<BridgeStore['recordLate']>) => readonly ('late' | 'duplicate')[] = (
    ref,
    events,
    ignore,
  ) => {
    const { result, writes } = decideAfterClose(this.stored(ref), ref.subject, events, ignore);
    if (result === 'open') throw new StoreError('not-closed', `${ref.subject} is open`);
    if (writes) this.write(ref.subject, writes);
    return result;
  };

  /** Answers false if somebody else holds the lane. */
  settleForeign(ref: SubjectRef, events: readonly DeliveredEvent[]): boolean {
    const stored = this.stored(ref);
    const { result, writes } = decideAfterClose(stored, ref.subject, events, false);
    if (writes) this.write(ref.subject, writes);
    if (result !== 'open') return true;
    if (this.locks.has(`lane ${ref.subject}`)) return false;
    this.park(
      ref,
      events.filter(({ eventId }) => !stored.consumed.has(eventId)),
      'workflow-gone',
    );
    return true;
  }

  verdict(subject: string, eventId: string): Verdict {
    const stream = this.streams.get(subject);
    if (stream === undefined) return 'no-stream';
    if (!stream.consumed.has(eventId)) return stream.status;
    this.journal.keep(subject, eventId);
    return 'duplicate';
  }

  park(ref: SubjectRef, events: readonly DeliveredEvent[], cause: ParkCause): void {
    if (events.length === 0) return;
    const { now } = this.timeline;
    const lane = this.lanes.get(ref.subject) ?? { ref, cause, parkedAt: now, attemptedAt: now, events: [] };
    if (!causesThatStay(cause).includes(lane.cause)) lane.cause = cause;
    this.lanes.set(ref.subject, lane);
    for (const { eventId } of events) this.journal.keep(ref.subject, eventId);
    lane.events = parkedInto(lane.events, events);
  }

  held = (subject: string): { [Name in keyof HeldLane]: (...given: Parameters<HeldLane[Name]>) => unknown } => ({
    events: (limit) => this.lanes.get(subject)?.events.slice(0, limit) ?? [],
    stream: () => this.streams.get(subject),
    cause: () => this.lanes.get(subject)?.cause,
    park: (ref, events, cause) => this.park(ref, events, cause),
    unblock: () => {
      const lane = this.lanes.get(subject);
      if (lane !== undefined && causesThatStay('start-missing').includes(lane.cause)) lane.cause = 'early';
    },
    remove: (eventIds) => {
      const lane = this.lanes.get(subject);
      if (lane === undefined) return 0;
      lane.events = lane.events.filter(({ eventId }) => !eventIds.includes(eventId));
      if (lane.events.length === 0) this.lanes.delete(subject);
      return lane.events.length;
    },
  });

  noteAttempt(subject: string): void {
    const lane = this.lanes.get(subject);
    if (lane) lane.attemptedAt = this.timeline.now;
  }

  parked = (subjects: readonly string[]): ReadonlySet<string> =>
    new Set(subjects.filter((subject) => this.lanes.has(subject)));

  due(earlyMaxAgeMs: number, limit: number): readonly ParkedLane[] {
    return this.list((lane) => lane.attemptedAt)
      .filter(
        ({ subject, parkedAt }) =>
          this.streams.has(subject) || Date.parse(parkedAt) <= this.timeline.now - earlyMaxAgeMs,
      )
      .slice(0, limit);
  }

  unstarted(limit: number): readonly ParkedLane[] {
    return this.list((lane) => lane.attemptedAt)
      .filter(({ subject, cause }) => !this.streams.has(subject) && cause !== 'early' && cause !== 'start-missing')
      .slice(0, limit);
  }

  list(order: (lane: Lane) => number = ({ parkedAt }) => parkedAt): readonly ParkedLane[] {
    return [...this.lanes.values()]
      .sort((a, b) => order(a) - order(b))
      .map(({ ref, cause, parkedAt, events }) => ({
        ...ref,
        cause,
        parkedAt: new Date(parkedAt).toISOString(),
        events: events.length,
      }));
  }

  writeLedger(rows: readonly LedgerRow[]): void {
    for (const row of rows) this.ledger.set(`${row.topic}/${row.partition}@${row.offset}`, row);
  }

  private time = (): string => new Date(this.timeline.now).toISOString();

  private stored({ subject, chain = '' }: { readonly subject: string; readonly chain?: string }): Stored {
    const stream = this.streams.get(subject);
    const { consumed = new Map(), transitions = new Map() } = stream ?? {};
    const parked = this.hosting.parked.has(subject);
    return { stream, consumed, transitions, hostChain: this.hosting.chainOf(chain), parked };
  }

  private write(subject: string, { stream: row, consumed, transitions, late }: Writes): void {
    const before = this.streams.get(subject);
    const { transitions: told = new Map(), consumed: known = new Map(), late: letters = [] } = before ?? {};
    const at = this.time();
    const next = { createdAt: at, ...before, ...row, updatedAt: at };
    if (next.subject === undefined) throw new Error(`${subject} is written without a row`);
    const stream = { ...next, transitions: told, consumed: known, late: letters } as Stream;
    this.streams.set(subject, stream);
    for (const { eventId, version } of consumed) {
      this.journal.keep(subject, eventId);
      stream.consumed.set(eventId, version);
    }
    for (const { version, from, to, causes, reason = null, data = null } of transitions) {
      stream.transitions.set(version, { from, to, causes, reason, data, recordedAt: at });
      const transitionId = `00000000-0000-5000-8000-${String(this.feed.length + 1).padStart(12, '0')}`;
      const transition = { transitionId, version, from, to, causes, recordedAt: at };
      this.publish(stream, { kind: 'transition', transition });
    }
    for (const { event, version } of late) {
      stream.late.push(event);
      this.publish(stream, { kind: 'late', event, version });
    }
  }

  private publish(
    stream: Stream,
    what:
      | Pick<FeedEntry & { kind: 'transition' }, 'kind' | 'transition'>
      | Pick<FeedEntry & { kind: 'late' }, 'kind' | 'event' | 'version'>,
  ): void {
    const { subject, target, tenantId, key, correlationId } = stream;
    const at = { epoch: 1, transactionId: '1', position: String(this.feed.length + 1) };
    this.feed.push({
      subject,
      target,
      tenantId,
      key,
      correlationId,
      at,
      traceparent: null,
      recordedAt: this.time(),
      ...what,
    });
  }
}
