import type { Envelope } from '@millrace/events';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An event as the bridge hands it to a workflow and as the store keeps late and parked ones: the envelope, whole. */
export interface DeliveredEvent extends Envelope {
  /** W3C trace context of the record it came in. */
  readonly traceparent?: string | undefined;
  /** Where the bridge read it. Absent for events that did not come over Kafka. */
  readonly source?:
    | {
        readonly topic: string;
        readonly partition: number;
        readonly offset: string;
        /** If it was a dead letter before. */
        readonly redriveCount?: number | undefined;
      }
    | undefined;
}

/** Names one subject: `<target>/<tenantId>/<key>`, its stream, lane and (hosted on its own) workflow id. */
export interface SubjectRef {
  readonly subject: string;
  readonly target: string;
  readonly tenantId: string;
  readonly key: string;
}

/** One move, before it has its place in the stream. Its id is the UUIDv5 of subject and version. */
export interface TransitionDraft {
  /** Null for the first move of a stream. */
  readonly from: string | null;
  readonly to: string;
  /** Ids of the events that caused the move; empty for a deadline or the result of an effect. */
  readonly causes: readonly string[];
  readonly reason?: string | undefined;
  readonly data?: Json | undefined;
}

/** A transition in its stream. */
export interface Transition extends TransitionDraft {
  readonly transitionId: string;
  readonly version: number;
  readonly recordedAt: string;
}

/** One compare-and-append (docs/architecture.md, "Who decides what"). JSON-safe: it is also an activity's input. */
export interface AppendRequest extends SubjectRef {
  /** Own workflow: the workflow's first execution run id. Pooled: the host's workflow id. */
  readonly chain: string;
  /** Pooled only: the host's first execution run id, which must be the one that speaks for the host. */
  readonly hostChain?: string | undefined;
  /** Pooled only: the host does not hold this subject and takes it for new, without having asked. */
  readonly fresh?: boolean | undefined;
  /** Pooled only: it was answered `superseded`, and its chain speaks for the host again. What stands as it says is `recorded`, also if more follows; where the stream stands otherwise, or is parked, it is `known`. */
  readonly retold?: boolean | undefined;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  /** The stream's version that the first of `transitions` follows; 0 for a new stream. */
  readonly expectedVersion: number;
  readonly transitions: readonly TransitionDraft[];
  /** Every event taken since the last append, also one that moved nothing, with the stream's version that it met (before its own move). */
  readonly consumed: readonly { readonly eventId: string; readonly version: number }[];
  /** Only when closing: events that nobody took, whole; recorded as late and marked as consumed. Not compared. */
  readonly late: readonly DeliveredEvent[];
  /** What stands in the stream's row after the last transition. */
  readonly after: {
    readonly stage: string;
    readonly state: Json;
    readonly machineVersion: number;
    /** True with the closing append and with further ones that only add late events. */
    readonly closed: boolean;
    /** Until when it may stay in this stage. */
    readonly deadline?: string | undefined;
  };
}

export type AppendResult =
  /** In the stream now, or already there and equal. Times as stored, one per transition. */
  | { readonly status: 'recorded'; readonly version: number; readonly recordedAt: readonly string[] }
  /** These events met the stream before, at other versions; nothing was appended. Step again without them. */
  | { readonly status: 'duplicates'; readonly eventIds: readonly string[] }
  /** The stream belongs to another run chain; nothing was appended. Settle the inbox with `settleForeign`, then end. */
  | { readonly status: 'foreign-chain'; readonly chain: string; readonly closed: boolean }
  /** A newer run chain speaks for the host; nothing was appended. */
  | { readonly status: 'superseded' }
  /** It was taken for new, or told again, and the stream is not as it says: nothing was appended. Load it, and step again. */
  | { readonly status: 'known' }
  /** Something else stands at these versions: a bug of ours. Nothing was appended. */
  | { readonly status: 'conflict'; readonly detail: string };

export type StreamStatus = 'open' | 'closed';

export interface StreamRow extends SubjectRef {
  readonly chain: string;
  readonly version: number;
  readonly status: StreamStatus;
  readonly stage: string;
  readonly state: Json;
  readonly machineVersion: number;
  readonly correlationId: string;
  readonly deadline: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What the store says of an event for a subject (docs/architecture.md, "Who decides what"). */
export type Verdict = 'no-stream' | 'open' | 'duplicate' | 'closed';

/**
 * `start-missing`: its host knows nothing of a pooled journey, and waited in vain for what starts it. `machine-failed`: a
 * pooled journey whose machine threw; its host holds the events back and tries again.
 */
export type ParkCause = 'early' | 'start-missing' | 'workflow-gone' | 'blocked' | 'refused' | 'machine-failed';

/** Where a subject lives: in a host workflow, or (null) in a workflow of its own. */
export interface Placement {
  readonly host: string | null;
}

export type LoadedStream = Pick<
  StreamRow,
  'tenantId' | 'key' | 'chain' | 'version' | 'status' | 'stage' | 'state' | 'machineVersion' | 'correlationId'
>;

/** What a host reads of a subject that it does not hold. */
export interface LoadedSubject {
  readonly subject: string;
  /** Undefined: no stream. */
  readonly stream?: LoadedStream | undefined;
  /** What waits because the machine failed, oldest first; a deadline alone may have made it fail. */
  readonly parked?:
    | {
        readonly tenantId: string;
        readonly key: string;
        readonly events: readonly DeliveredEvent[];
        readonly more: boolean;
      }
    | undefined;
}

/** When a host has to look at a subject that it does not hold. */
export interface DueSubject {
  readonly subject: string;
  /** RFC 3339, UTC: the journey's deadline, or when its failed machine is tried again. */
  readonly at: string;
}

/** What a host learns when it opens. */
export interface OpenedHost {
  /** Open journeys by stage. */
  readonly stages: Readonly<Record<string, number>>;
}

export interface ParkedLane extends SubjectRef {
  readonly cause: ParkCause;
  readonly parkedAt: string;
  readonly events: number;
  /** In `list`: the workflow id of the host where the subject is placed. */
  readonly host?: string | undefined;
  /** `machine-failed` only: what the machine threw, last. */
  readonly message?: string | undefined;
}

export interface ParkedLanes {
  readonly target: string;
  readonly cause: ParkCause;
  readonly lanes: number;
}

/** Place in the feed: commit order. Compare epoch, then transactionId, then position, each as bigint. */
export interface FeedPosition {
  readonly epoch: number;
  readonly transactionId: string;
  readonly position: string;
}

/** A row of the feed: a transition, or an event that came too late for its subject. */
export type FeedEntry = SubjectRef & {
  readonly at: FeedPosition;
  readonly correlationId: string;
  readonly traceparent: string | null;
  readonly recordedAt: string;
} & (
    | { readonly kind: 'transition'; readonly transition: Transition }
    | { readonly kind: 'late'; readonly event: DeliveredEvent; readonly version: number }
  );

export type LedgerVerdict = 'delivered' | 'ignored' | 'parked' | 'late' | 'duplicate' | 'dead';

/** One record read by the bridge and where it went. */
export interface LedgerRow {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly eventId: string | null;
  readonly eventType: string | null;
  readonly tenantId: string | null;
  readonly readAt: string;
  readonly verdicts: readonly {
    readonly subject: string | null;
    readonly verdict: LedgerVerdict;
    readonly cause?: string | undefined;
  }[];
}

/** A dead letter as indexed from the dead-letter topics, to be listed and redriven. */
export interface DeadLetter {
  readonly id: string;
  readonly deadLetterTopic: string;
  readonly partition: number;
  readonly offset: string;
  readonly originalTopic: string;
  readonly originalPartition: number | null;
  readonly originalOffset: string | null;
  readonly eventId: string | null;
  readonly eventType: string | null;
  readonly tenantId: string | null;
  readonly key: string | null;
  readonly cause: string;
  readonly message: string;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly deadAt: string;
  readonly redrivenAt: string | null;
  /** Of this letter; what it was redriven as an earlier one stands in its headers. */
  readonly redriveCount: number;
}
