import { v5, v7 } from 'uuid';
import type { Parcel } from './parcels';

/** Namespace of the ids made from an `Idempotency-Key`. Never change it: a repeat would get another id. */
const IDEMPOTENCY_NAMESPACE = '8dd8ec90-9db5-56a5-94f1-d785b51337e5';

export interface Filling {
  readonly now: Date;
  readonly idempotencyKey?: string | undefined;
}

/** A parcel as the registry reads it: the value of a record and its headers. */
export interface Readable {
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Fills in what a caller may leave out (id, time, correlation), and writes the parcel as a record's value and headers. */
export function complete(parcel: Parcel, filling: Filling): Readable {
  switch (parcel.form) {
    case 'envelope':
    case 'structured':
      return {
        value: Buffer.from(JSON.stringify(completeValue(parcel, filling))),
        headers: parcel.form === 'structured' ? { 'content-type': 'application/cloudevents+json' } : {},
      };
    case 'binary': {
      const attributes = { ...parcel.attributes, ...missing(parcel.attributes, parcel.index, filling) };
      const headers = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]);
      return { value: parcel.data, headers: { 'content-type': 'application/json', ...Object.fromEntries(headers) } };
    }
  }
}

/** The correlation is filled in by the registry: an event that has none begins its own, under its own id. */
function completeValue({ form, value, index }: Parcel & { value: unknown }, filling: Filling): unknown {
  if (!isObject(value)) return value;
  if (form === 'structured') return { ...value, ...missing(value, index, filling) };
  return {
    ...value,
    eventId: value['eventId'] ?? newId(value['tenantId'], index, filling),
    eventTime: value['eventTime'] ?? filling.now.toISOString(),
  };
}

function missing(
  attributes: Readonly<Record<string, unknown>>,
  index: number | undefined,
  filling: Filling,
): Record<string, string> {
  return {
    ...(attributes['id'] === undefined ? { id: newId(attributes['tenantid'], index, filling) } : {}),
    ...(attributes['time'] === undefined ? { time: filling.now.toISOString() } : {}),
  };
}

function newId(tenantId: unknown, index: number | undefined, { idempotencyKey, now }: Filling): string {
  if (idempotencyKey === undefined) return v7({ msecs: now.getTime() });
  return v5(
    JSON.stringify([tenantId ?? null, idempotencyKey, ...(index === undefined ? [] : [index])]),
    IDEMPOTENCY_NAMESPACE,
  );
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
