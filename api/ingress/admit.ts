import type { Envelope } from '@millrace/events';
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

export interface Admitted {
  readonly event: Envelope;
  readonly traceparent: string | undefined;
}

/**
 * All events of a request, checked and lifted to their latest version; or a `Problem` that names each fault: then nothing
 * of the request may be sent. What the caller must not send is refused before it is told what else is wrong.
 */
export function admit(
  arrivals: readonly Arrival[],
  registry: EventRegistry,
  principal: Principal,
  maxBytes: number,
): readonly Admitted[] {
  const admitted: Admitted[] = [];
  const faults: EventFault[] = [];
  for (const { parcel, value, headers } of arrivals) {
    const read = registry.decode({ key: null, value, headers, maxBytes });
    const { eventType, tenantId } = read.ok ? read.event : read.fault;
    refuseForeign({ eventType, tenantId, parcel }, principal);
    if (read.ok) admitted.push({ event: read.event, traceparent: read.traceparent });
    else faults.push({ fault: read.fault, parcel });
  }
  const [first, ...rest] = faults;
  if (first !== undefined) throw problemOfFaults([first, ...rest], arrivals.length);
  return admitted;
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
