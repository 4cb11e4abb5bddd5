import type { IncomingRecord } from '@millrace/kafka';
import type { DeliveredEvent, LedgerVerdict, SubjectRef } from '../../store/types';
import type { RouteTarget, WhenMissing } from './route';

/** One event on its way to one subject. */
export interface Delivery {
  readonly ref: SubjectRef;
  readonly target: RouteTarget;
  readonly event: DeliveredEvent;
  readonly mayStart: boolean;
  readonly whenMissing: WhenMissing;
  /** Of the record's value: what it adds to a call, roughly. */
  readonly bytes: number;
  /** The record it came in; the dead letter carries it as it was. */
  readonly record: IncomingRecord;
}

/** How one delivery ended, as known when its call returned. */
export type Note = (delivery: Delivery, verdict: LedgerVerdict, cause?: string) => void;

export const eventsOf = (deliveries: readonly Delivery[]): DeliveredEvent[] => deliveries.map(({ event }) => event);
