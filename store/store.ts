import type { StoreError } from './errors';
import type { ParkedJourney } from './hosting/parked-journeys';
import type {
  AppendRequest,
  AppendResult,
  DeadLetter,
  DeliveredEvent,
  DueSubject,
  FeedEntry,
  FeedPosition,
  Json,
  LedgerRow,
  LedgerVerdict,
  LoadedSubject,
  OpenedHost,
  ParkCause,
  ParkedLane,
  ParkedLanes,
  Placement,
  StreamRow,
  SubjectRef,
  Transition,
  Verdict,
} from './types';

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; null on the last page. */
  readonly next: string | null;
}

/** The event store. Built by `createStore({ pool, ... })`; the platform's SQL is behind it and nowhere else. */
export interface Store {
  /** Compare-and-append. Calls that wait at the same time share one transaction; a conflict fails only its own stream. */
  append(request: AppendRequest): Promise<AppendResult>;
  /** Appends of different subjects, in as few transactions as they fit; answers in their order. One that fails alone is an error in its place. */
  appendMany(requests: readonly AppendRequest[]): Promise<readonly (AppendResult | StoreError)[]>;
  /** For a second run chain of a subject: writes each event off as duplicate, late (closed) or parked (open), in one transaction. Idempotent. */
  settleForeign(ref: SubjectRef, events: readonly DeliveredEvent[]): Promise<void>;
  /** For events that came after the close: records those not yet consumed as late, in one transaction. Answers a verdict per event. Idempotent. */
  recordLate(
    ref: SubjectRef,
    events: readonly DeliveredEvent[],
    ignore: boolean,
  ): Promise<readonly ('late' | 'duplicate')[]>;

  streams: {
    get(subject: string): Promise<StreamRow | undefined>;
    transitions(subject: string, afterVersion?: number, limit?: number): Promise<readonly Transition[]>;
    late(subject: string): Promise<readonly DeliveredEvent[]>;
    /** Newest update first. */
    list(
      filter: { target?: string; stage?: string; status?: string; tenantId?: string },
      page: { limit: number; cursor?: string },
    ): Promise<Page<StreamRow>>;
    /** Which events a transition's causes are, is answered by the ledger; here: has the subject taken this event? */
    verdict(subject: string, eventId: string): Promise<Verdict>;
    verdicts(subject: string, eventIds: readonly string[]): Promise<readonly Verdict[]>;
  };

  feed: {
    /** Entries after `after` and below the horizon `pg_snapshot_xmin(pg_current_snapshot())`, in commit order. */
    read(after: FeedPosition | null, limit: number): Promise<readonly FeedEntry[]>;
  };
  subscriptions: {
    checkpoint(name: string): Promise<FeedPosition | null>;
    /** Moves the checkpoint forward; answers false (and changes nothing) if it would go backwards. */
    save(name: string, at: FeedPosition): Promise<boolean>;
    /** Holds the named lease on a connection of its own until released or lost (then `lost` aborts); undefined if somebody else holds it. */
    tryLease(name: string): Promise<{ readonly lost: AbortSignal; release(): Promise<void> } | undefined>;
  };

  placement: {
    /** Those of the subjects that have a place. */
    find(subjects: readonly string[]): Promise<ReadonlyMap<string, Placement>>;
    /** Places those that have none; the first writer wins. Answers where each one lives. */
    place(wanted: ReadonlyMap<string, Placement>): Promise<ReadonlyMap<string, Placement>>;
  };

  /** What the hosts of pooled journeys ask (docs/decisions/0005). */
  hosting: {
    /** From now on this chain speaks for the host. Resolves when appends of the one before are over. */
    open(host: string, chain: string): Promise<OpenedHost>;
    /** In the order of the subjects: of the first of them, at least one, as many as one answer of an activity may hold. */
    load(subjects: readonly string[]): Promise<readonly LoadedSubject[]>;
    /** Subjects with something to do, after that place and until that instant, in the order of their instants. */
    due(
      host: string,
      page: { readonly after?: DueSubject | undefined; readonly until: string; readonly limit: number },
    ): Promise<readonly DueSubject[]>;
    /**
     * Keeps the events of a journey whose machine failed, behind those that it keeps already. Idempotent. `taken`: the
     * journey took all of them meanwhile, so nothing is parked; `superseded`: nor for an older chain of the host.
     */
    park(journey: ParkedJourney): Promise<'parked' | 'taken' | 'superseded'>;
    /** Removes events that the machine took after all. */
    unpark(subject: string, eventIds: readonly string[]): Promise<void>;
    /** Effects that a host cannot carry over continue-as-new. Idempotent by key. */
    putAwayEffects(host: string, effects: readonly { readonly key: string; readonly effect: Json }[]): Promise<void>;
    /** The oldest of them, as many as one answer of an activity may hold; they stay until they are forgotten. */
    effects(host: string, limit: number): Promise<readonly Json[]>;
    forgetEffects(host: string, keys: readonly string[]): Promise<void>;
  };

  parking: {
    /** Subjects out of these that have a parked lane. */
    parked(subjects: readonly string[]): Promise<ReadonlySet<string>>;
    /**
     * Runs `work` while this caller alone may park into, drain or pass the lane: a session-level advisory lock of its own,
     * on a connection of its own, no transaction open. Undefined if somebody else holds it.
     */
    tryHold<T>(subject: string, work: (lane: HeldLane) => Promise<T>): Promise<{ readonly value: T } | undefined>;
    /** Oldest first. */
    list(page: { limit: number; cursor?: string }): Promise<Page<ParkedLane>>;
    /** Lanes that could be delivered now: their stream exists; or they are older than `earlyMaxAgeMs` and still have none. */
    due(options: { earlyMaxAgeMs: number; limit: number }): Promise<readonly ParkedLane[]>;
    /** Lanes without a stream that do not wait for a start: they may bring it with them. */
    unstarted(options: { limit: number }): Promise<readonly ParkedLane[]>;
    count(): Promise<{ readonly lanes: number; readonly events: number }>;
    /** How many lanes are parked why, whoever parked them. */
    causes(): Promise<readonly ParkedLanes[]>;
  };

  ledger: {
    /** Upserts by topic, partition and offset. */
    write(rows: readonly LedgerRow[]): Promise<void>;
    byEvent(tenantId: string, eventId: string): Promise<readonly LedgerRow[]>;
    /** Creates today's and tomorrow's partitions, drops those older than the retention. */
    maintain(retentionDays: number): Promise<void>;
    /** Records read, by verdict; duplicates are deliveries beyond the first of an event to a subject. */
    summary(): Promise<Readonly<Record<string, number>>>;
  };

  deadLetters: {
    /** Idempotent by dead-letter topic, partition and offset. */
    index(letters: readonly Omit<DeadLetter, 'id' | 'redrivenAt' | 'redriveCount'>[]): Promise<void>;
    list(
      filter: { tenantId?: string; topic?: string; cause?: string },
      page: { limit: number; cursor?: string },
    ): Promise<Page<DeadLetter>>;
    get(id: string): Promise<DeadLetter | undefined>;
    markRedriven(id: string): Promise<void>;
    count(): Promise<number>;
  };

  /** Counts for reconciling. Records without a tenant belong to the empty prefix only. */
  report(filter?: {
    readonly tenantPrefix?: string | undefined;
    readonly since?: string | undefined;
  }): Promise<StoreReport>;

  /** Resolves when PostgreSQL answers and the migrations are in place. */
  ping(): Promise<void>;
  /** Waits for appends in flight and releases leases; the pool stays the caller's. */
  close(): Promise<void>;
}

export interface StoreReport {
  /** Records in the ledger, each topic, partition and offset once. */
  readonly records: number;
  readonly transitions: number;
  /** Events stored as late. */
  readonly late: number;
  readonly streams: readonly {
    readonly target: string;
    readonly status: string;
    readonly stage: string;
    readonly streams: number;
  }[];
  /** Deliveries in the ledger; `duplicate` counts what was delivered beyond the first of an event to a subject, and what the bridge saw was one. */
  readonly deliveries: Readonly<Record<LedgerVerdict, number>>;
  readonly parkedLanes: number;
  readonly parkedEvents: number;
  readonly deadLetters: number;
}

/** A lane in the hands of one holder. */
export interface HeldLane {
  /** In the order in which they are to be delivered. */
  events(limit: number): Promise<readonly DeliveredEvent[]>;
  stream(): Promise<StreamRow | undefined>;
  /** Undefined: nothing waits. */
  cause(): Promise<ParkCause | undefined>;
  /**
   * Puts events before those that stand behind them in their partition, and otherwise behind all that are there; the same
   * event id twice is kept once. The cause becomes the lane's, unless it says less than the one that stands there.
   */
  park(ref: SubjectRef, events: readonly DeliveredEvent[], cause: ParkCause): Promise<void>;
  /** It holds no start itself and its subject takes events: what it is said to wait for next becomes its cause. */
  unblock(): Promise<void>;
  /** Removes delivered events; the lane's row goes with the last. Answers how many remain. */
  remove(eventIds: readonly string[]): Promise<number>;
}
