import type { DecodeFault } from '@millrace/events';
import { type FieldError, Problem, type ProblemCode } from '../http/problem';
import { jsonPointer } from '../http/route';
import type { Parcel } from './parcels';

/** What the registry found wrong with one event of a request. */
export interface EventFault {
  readonly fault: DecodeFault;
  readonly parcel: Pick<Parcel, 'form' | 'index'>;
}

const codes: Readonly<Record<DecodeFault['code'], ProblemCode>> = {
  empty: 'malformed-json',
  'malformed-json': 'malformed-json',
  'too-deep': 'invalid-request',
  oversized: 'too-large',
  'not-an-envelope': 'invalid-event',
  'unknown-type': 'unknown-event-type',
  'unknown-version': 'unknown-event-version',
  'schema-violation': 'invalid-event',
};

const mostErrors = 100;

/** One problem for all faults of a request; its code and status are those of the first. Of many events each has its share. */
export function problemOfFaults(faults: readonly [EventFault, ...EventFault[]], events: number): Problem {
  const [first] = faults;
  const { fault, parcel } = first;
  const detail =
    parcel.index === undefined
      ? named(first)
      : `${faults.length} of ${events} events cannot be sent, so none was. Event ${parcel.index}: ${named(first)}`;
  const share = Math.max(1, Math.floor(mostErrors / faults.length));
  const errors = faults.slice(0, mostErrors).flatMap((one) => errorsOf(one).slice(0, share));
  return new Problem(codes[fault.code], detail, { errors });
}

/** The first fault of an event with the field that has it; how many further fields are at fault. */
function named({ fault, parcel }: EventFault): string {
  const { pointer, parameter } = fault.path === undefined ? {} : fieldAt(parcel.form, fault.path);
  const field = parameter ?? pointer;
  const more = fault.more?.length ?? 0;
  return `${field === undefined ? '' : `${field}: `}${fault.message}${more === 0 ? '' : ` (and ${more} more, see errors)`}`;
}

const errorsOf = ({ fault, parcel }: EventFault): readonly FieldError[] =>
  [fault, ...(fault.more ?? [])].map(({ path, message }) => ({
    ...(path === undefined ? {} : fieldAt(parcel.form, path)),
    ...(parcel.index === undefined ? {} : { index: parcel.index }),
    code: fault.code,
    detail: message,
  }));

/** CloudEvents' names for fields of the envelope; others are the same in lower case. */
const attributes: Readonly<Record<string, string>> = {
  eventId: 'id',
  eventType: 'type',
  eventTime: 'time',
  aggregateId: 'subject',
};

/** Where the caller finds the field at fault: the registry names it as the envelope does, `data.lines.0.sku`. */
export function fieldAt(form: Parcel['form'], path: string): Pick<FieldError, 'pointer' | 'parameter'> {
  const [field = '', ...inside] = path.split('.');
  if (form === 'envelope' || field === 'data') {
    return { pointer: jsonPointer(form === 'binary' ? inside : [field, ...inside]) };
  }
  const attribute = attributes[field] ?? field.toLowerCase();
  return form === 'binary' ? { parameter: `ce-${attribute}` } : { pointer: jsonPointer([attribute, ...inside]) };
}
