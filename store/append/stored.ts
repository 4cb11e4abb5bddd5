import type { DeliveredEvent, Json, StreamStatus, SubjectRef, TransitionDraft } from '../types';

/** What the store knows of one subject, read under the lock of its stream. */
export interface Stored {
  readonly stream: { readonly chain: string; readonly version: number; readonly status: StreamStatus } | undefined;
  /** Of the events asked about: the version at which each one met the stream. */
  readonly consumed: ReadonlyMap<string, number>;
  /** Those after the version asked about. */
  readonly transitions: ReadonlyMap<number, StoredTransition>;
  /** The chain that speaks for the host asked about. */
  readonly hostChain?: string | undefined;
  /** Of a subject taken for new: the store keeps events of it because its machine failed. */
  readonly parked?: boolean | undefined;
}

export interface StoredTransition {
  readonly from: string | null;
  readonly to: string;
  readonly causes: readonly string[];
  readonly reason: string | null;
  readonly data: Json;
  readonly recordedAt: string;
}

/** What one operation adds to the store. */
export interface Writes {
  /** The stream's row as it will stand; undefined leaves it. */
  readonly stream?: StreamWrite | undefined;
  readonly consumed: readonly { readonly eventId: string; readonly version: number }[];
  /** Ascending by version. */
  readonly transitions: readonly TransitionWrite[];
  readonly late: readonly LateWrite[];
}

export interface StreamWrite extends SubjectRef {
  readonly chain: string;
  readonly version: number;
  readonly status: StreamStatus;
  readonly stage: string;
  readonly state: Json;
  readonly machineVersion: number;
  readonly correlationId: string;
  readonly traceparent: string | null;
  readonly deadline: string | null;
}

export interface TransitionWrite extends TransitionDraft {
  readonly version: number;
  readonly correlationId: string;
  readonly traceparent: string | null;
}

export interface LateWrite {
  readonly version: number;
  readonly event: DeliveredEvent;
}

export interface Decision<Result> {
  readonly result: Result;
  /** Undefined when everything is there already, or nothing may be written. */
  readonly writes?: Writes | undefined;
}

/** One compare-and-write on one subject: what it must know, and the pure decision. */
export interface Operation<Result> {
  readonly subject: string;
  /** Roughly what it will write, to bound a group. */
  readonly bytes: number;
  readonly asks: {
    readonly eventIds: readonly string[];
    readonly transitionsAfter: number | null;
    /** The host that appends, if one does. */
    readonly host?: string | undefined;
    /** Whether it is parked, as `Stored` tells it. */
    readonly parked?: boolean | undefined;
  };
  /** What it will most likely find. Where it does, one round trip is enough; undefined: it has to look. */
  readonly expects?: Stored | undefined;
  /** Pure: it may be asked more than once, also of what is not so. `now`: RFC 3339, UTC. A throw fails this operation alone. */
  decide(stored: Stored, now: string): Decision<Result>;
}
