/** Names and shapes shared by the bridge and the workflows. No imports but types: it is in the workflow bundle. */
import type { Envelope } from '@millrace/events';

/** Signal: a batch of events of one subject, oldest first. */
export const DOMAIN_EVENTS = 'domainEvents';
/** Update: answers once the signals sent before it are in the inbox, whatever the workflow is busy with. */
export const INBOX_BARRIER = 'inboxBarrier';
/** Query: stage, version and inbox depth, for people. */
export const STATUS = 'status';

/** How moves are recorded (design: decision 13). */
export type Recording = 'activity' | 'local';

/** First argument of every workflow; the event that starts it comes in the first `domainEvents` signal (signal-with-start). */
export interface WorkflowInput {
  readonly subject: string;
  readonly target: string;
  readonly tenantId: string;
  readonly key: string;
  /** `activity` when absent. */
  readonly recording?: Recording | undefined;
  /** Set by continue-as-new only. */
  readonly carried?: unknown;
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
