import type { StreamRow, Transition } from '../../store/types';

/** A transition as read back from Kafka, in the order of its partition. */
export interface PublishedTransition {
  readonly subject: string;
  readonly transitionId: string;
  readonly version: number;
}

/** What one order has in a service's own table. */
export interface StepCount {
  readonly tenantId: string;
  readonly orderId: string;
  readonly inForce: number;
}

export interface ServiceCounts {
  readonly charges: readonly StepCount[];
  /** Ids of all payments that the payments service was asked for, whatever became of them. */
  readonly paymentIds: ReadonlySet<string>;
  readonly reservations: readonly StepCount[];
  readonly shipments: readonly StepCount[];
}

/** Everything that has to agree, read from where it stands: Kafka, the store, the services' tables. */
export interface Facts {
  /** Valid events sent; each has to stand in the ledger, and to be taken by those that it was delivered to. */
  readonly sent: readonly {
    readonly tenantId: string;
    readonly eventId: string;
    readonly inLedger: boolean;
    readonly taken: boolean;
  }[];
  /** Records sent, repeats and bad ones included; undefined where nobody counted. */
  readonly recordsSent?: number | undefined;
  /** Bad records sent; each has to be a dead letter. */
  readonly badRecords: number;
  /** The stream leaves nothing open: then an open subject or a parked lane is one that hangs. */
  readonly allClose: boolean;
  readonly streams: readonly StreamRow[];
  readonly stored: ReadonlyMap<string, readonly Transition[]>;
  readonly published: readonly PublishedTransition[];
  readonly services: ServiceCounts;
  /** By the ledger. */
  readonly eventsIn: number;
  readonly duplicates: number;
  readonly late: number;
  /** Lanes that are parked now, and events that were parked on their way. */
  readonly parkedNow: number;
  readonly parkedOnTheWay: number;
  readonly dead: number;
  /** Dead letters in Kafka, by cause; the same letter twice counts once. */
  readonly deadLetters: Readonly<Record<string, number>>;
}
