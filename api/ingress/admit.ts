import { type Envelope, encodeEvent, InvalidEventError } from '@millrace/events';
import type { OutgoingRecord } from '@millrace/kafka';
import type { EventRegistry } from '../deps';
import { type Principal, speaksFor } from '../http/principal';
import { Problem } from '../http/problem';
import type { Readable } from './complete';
import { type EventFault, fieldAt, problemOfFaults } from './faults';
import type { Parcel } from './parcels';

/** Emitted by the relay and by the operator routes: from anybody else they would be forgeries. */
const platformOnly: readonly string[] = ['TransitionRecorded', 'OperatorDecided'];

export interface Arrival extends Readable {
  readonly parcel: Pick<Parcel, 'form' | 'index'>;
}

/** An event and the record that carries it. */
export interface Admitted {
  readonly event: Envelope;
  readonly record: OutgoingRecord;
}

export interface Admission {
  readonly registry: EventRegistry;
  readonly principal: Principal;
  /** Of one event, as it came and as it goes. */
  readonly maxBytes: number;
  /** Of the request; an event's own goes first. */
  readonly traceparent: string | undefined;
}

/**
 * All events of a request, checked, lifted to their latest version and written as records; or a `Problem` that names each
 * fault: then nothing of the request may be sent. What the caller must not send is refused before it is told what else
 * is wrong.
 */
export function admit(arrivals: readonly Arrival[], admission: Admission): readonly Admitted[] {
  const admitted: Admitted[] = [];
  const faults: EventFault[] = [];
  for (const arrival of arrivals) {
    const one = admitOne(arrival, admission);
    if ('fault' in one) faults.push({ fault: one.fault, parcel: arrival.parcel });
    else admitted.push(one);
  }
  const [first, ...rest] = faults;
  if (first !== undefined) throw problemOfFaults([first, ...rest], arrivals.length);
  return admitted;
}

function admitOne({ parcel, value, headers }: Arrival, admission: Admission): Admitted | Pick<EventFault, 'fault'> {
  const { registry, principal, maxBytes } = admission;
  const read = registry.decode({ key: null, value, headers, maxBytes });
  const { eventType, tenantId } = read.ok ? read.event : read.fault;
  refuseForeign({ eventType, tenantId, parcel }, principal);
  if (!read.ok) return read;
  const traceparent = read.traceparent ?? admission.traceparent;
  try {
    return { event: read.event, record: encodeEvent(read.event, read.definition, { traceparent, maxBytes }) };
  } catch (error) {
    // lifted to its latest version, it may have outgrown what fits into a record
    if (error instanceof InvalidEventError) return error;
    throw error;
  }
}

interface Named {
  readonly eventType: string | undefined;
  readonly tenantId: string | undefined;
  readonly parcel: Pick<Parcel, 'form' | 'index'>;
}

function refuseForeign({ eventType, tenantId, parcel }: Named, principal: Principal): void {
  const place = parcel.index === undefined ? {} : { index: parcel.index };
  if (eventType !== undefined && platformOnly.includes(eventType)) {
    const detail = 'is emitted by the platform only';
    const errors = [{ ...fieldAt(parcel.form, 'eventType'), ...place, code: 'platform-only', detail }];
    throw new Problem('platform-only-event', `${eventType} ${detail}.`, { errors });
  }
  if (tenantId !== undefined && !speaksFor(principal, tenantId)) {
    const detail = 'is not a tenant of the token';
    const errors = [{ ...fieldAt(parcel.form, 'tenantId'), ...place, code: 'foreign-tenant', detail }];
    throw new Problem('tenant-not-allowed', 'The token does not speak for the tenant of an event.', { errors });
  }
}
