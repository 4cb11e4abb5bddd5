import type { DecodedRecord, Envelope } from '@millrace/events';
import { type IncomingRecord, redriveCountOf } from '@millrace/kafka';
import type { DeliveredEvent } from '../../store/types';
import type { Cause } from './dead-letters';
import type { Delivery } from './delivery';
import type { Route } from './route';
import { SubjectError, subjectRef } from './subject';

/** What is to be done about one record. */
export type Plan =
  | {
      readonly kind: 'deliver';
      readonly event: Envelope;
      readonly deliveries: readonly Delivery[];
    }
  | {
      readonly kind: 'bury';
      readonly cause: Cause;
      readonly eventId: string | null;
      readonly eventType: string | null;
      readonly tenantId: string | null;
    };

/** Decodes a record and finds its routes. Total: what throws inside becomes a dead letter. No delivery: no route applies. */
export function planFor(
  record: IncomingRecord,
  decode: (record: IncomingRecord) => DecodedRecord,
  routesOf: (eventType: string) => readonly Route[],
): Plan {
  const decoded = decodeSafely(record, decode);
  if (!decoded.ok) {
    const { code, message, path, eventId = null, eventType = null, tenantId = null } = decoded.fault;
    return {
      kind: 'bury',
      cause: { code, message: path === undefined ? message : `${path}: ${message}`, poison: true },
      eventId,
      eventType,
      tenantId,
    };
  }
  const { event, traceparent } = decoded;
  const { topic, partition, offset } = record;
  const redriveCount = redriveCountOf(record.headers);
  const delivered: DeliveredEvent = {
    ...event,
    ...(traceparent === undefined ? {} : { traceparent }),
    source: { topic, partition, offset: String(offset), ...(redriveCount === 0 ? {} : { redriveCount }) },
  };
  try {
    return {
      kind: 'deliver',
      event,
      deliveries: routesOf(event.eventType).flatMap((route) => deliveryBy(route, delivered, record)),
    };
  } catch (error) {
    const { eventId, eventType, tenantId } = event;
    return { kind: 'bury', cause: causeOf(error), eventId, eventType, tenantId };
  }
}

function decodeSafely(record: IncomingRecord, decode: (record: IncomingRecord) => DecodedRecord): DecodedRecord {
  try {
    return decode(record);
  } catch (error) {
    // The registry does not throw; if it does, this record must not stop its partition.
    return { ok: false, fault: { code: 'not-an-envelope', message: `decoding failed: ${String(error)}` } };
  }
}

function deliveryBy(route: Route, event: DeliveredEvent, record: IncomingRecord): Delivery[] {
  const destination = route.destination(event);
  if (destination === undefined) return [];
  const { target, key, mayStart, whenMissing } = destination;
  const bytes = record.value?.length ?? 0;
  return [{ ref: subjectRef(target.target, event.tenantId, key), target, event, mayStart, whenMissing, bytes, record }];
}

const causeOf = (error: unknown): Cause =>
  error instanceof SubjectError
    ? { code: error.code, message: error.message }
    : { code: 'route-failed', message: error instanceof Error ? error.message : String(error) };
