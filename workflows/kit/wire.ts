/** Names and shapes shared by the bridge and the workflows. No imports but types: it is in the workflow bundle. */
import type { Envelope } from '@millrace/events';

/** Signal: a batch of events of one subject, oldest first. */
export const DOMAIN_EVENTS = 'domainEvents';
/** Signal to a host: batches of many subjects (`LaneBatch[]`). */
export const HOSTED_EVENTS = 'hostedEvents';
/** Update: answers once the signals sent before it are in the inbox, whatever the workflow is busy with. */
export const INBOX_BARRIER = 'inboxBarrier';
/** Query: of a host with a subject as its argument, of one of its journeys. Stage, version and inbox depth, for people. */
export const STATUS = 'status';

/** How moves are recorded (docs/decisions/0003). */
export type Recording = 'activity' | 'local';

/** Counts up with the commands that the kit's shells make, so that a workflow goes on as it began. */
export const SHELL_VERSION = 2;

/** First argument of every workflow; the event that starts it comes in the first `domainEvents` signal (signal-with-start). */
export interface WorkflowInput {
  readonly subject: string;
  readonly target: string;
  readonly tenantId: string;
  readonly key: string;
  /** `activity` when absent. */
  readonly recording?: Recording | undefined;
  /** `SHELL_VERSION` of whoever started it; absent for 1. */
  readonly shell?: number | undefined;
  /** Set by continue-as-new only. */
  readonly carried?: unknown;
}

/** First argument of a workflow that runs many journeys of one kind. */
export interface HostInput {
  /** Its workflow id: `<target>/host-<n>`. */
  readonly host: string;
  readonly target: string;
  /** `activity` when absent. */
  readonly recording?: Recording | undefined;
  /** Set by continue-as-new only. */
  readonly carried?: unknown;
}

/** Whoever runs it, a journey is the same workflow type. */
export type JourneyInput = WorkflowInput | HostInput;

/** Events of one subject on their way to its host, oldest first. */
export interface LaneBatch {
  readonly ref: { readonly subject: string; readonly tenantId: string; readonly key: string };
  readonly mayStart: boolean;
  readonly events: readonly WireEvent[];
}

export type WireEvent<E extends Envelope = Envelope> = E & {
  readonly traceparent?: string | undefined;
  readonly source?: { readonly topic: string; readonly partition: number; readonly offset: string } | undefined;
};

/** Answer of `STATUS`. */
export interface SubjectStatus {
  readonly subject: string;
  readonly stage: string | null;
  readonly version: number;
  /** RFC 3339, UTC. */
  readonly deadline: string | null;
  /** Events that were received and not yet taken. */
  readonly waiting: number;
}

/** Answer of `STATUS` by a host. */
export interface HostStatus {
  readonly host: string;
  /** Open journeys by stage, those in the store included. */
  readonly stages: Readonly<Record<string, number>>;
  /** Journeys in memory. */
  readonly held: number;
  /** Events that were received and not yet taken. */
  readonly waiting: number;
  /** Effects that are not yet done. */
  readonly effects: number;
  /** RFC 3339, UTC: the next instant at which something is due; null if nothing is, for the time being. */
  readonly next: string | null;
}
