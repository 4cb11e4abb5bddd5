import { v5 } from 'uuid';
import type { EventDefinition, FindDefinition } from './define-event';
import type { Envelope } from './envelope';
import { FaultFound, faultIn } from './faults';
import { contentType, HEADERS, type Headers } from './headers';
import { isObject, type JsonObject } from './json';

/**
 * CloudEvents 1.0 to and from the envelope; attribute names as in the Kafka protocol binding and the correlation,
 * partitioning and distributed-tracing extensions.
 *
 * A CloudEvent is known by its source and id, an event of ours by tenant and id. So a foreign one gets the UUIDv5 of source
 * and id; what it had goes into `metadata.cloudEvent` and comes back when it is written again. Our own ones carry our id,
 * under a source that only we use, and keep it on the way back.
 */
const NAMESPACE = '5f0c1a36-2a3e-5d8b-9a51-6d1c5b1f0e77';
const OWN_SOURCE = '/millrace/';
const STRUCTURED = 'application/cloudevents+json';
const PREFIX = 'ce_';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What reading needs to know of the record and of the registry. */
export interface CloudEventContext {
  readonly key: string | null;
  /** Milliseconds since the epoch; stands in for an absent `time`. */
  readonly timestamp?: number | undefined;
  readonly find: FindDefinition;
}

export const isStructured = (headers: Headers): boolean => contentType(headers).startsWith('application/cloudevents');
export const isBinary = (headers: Headers): boolean => headers[`${PREFIX}specversion`] !== undefined;
/** Structured, but posted without its content type: `specversion` is required of every CloudEvent and no field of ours. */
export const looksStructured = (value: JsonObject): boolean =>
  typeof value['specversion'] === 'string' && value['eventId'] === undefined;

/** Attributes of a binary event, from its headers. */
export function binaryAttributes(headers: Headers): JsonObject {
  const attributes: JsonObject = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(PREFIX)) attributes[name.slice(PREFIX.length)] = value;
  }
  return attributes;
}

/** An envelope still to be checked. @throws FaultFound not-an-envelope */
export function fromCloudEvent(attributes: JsonObject, data: unknown, context: CloudEventContext): JsonObject {
  if (attributes['specversion'] !== '1.0')
    throw new FaultFound('not-an-envelope', 'is not CloudEvents 1.0', 'specversion');
  const { id, source, type } = required(attributes);
  const own = source.startsWith(OWN_SOURCE) && UUID.test(id);
  const eventId = own ? id : v5(JSON.stringify([source, id]), NAMESPACE);
  const { eventType, versionOfType } = typeOf(type);
  const { kept, metadata } = leftOver(attributes);
  const definition = context.find(eventType);
  return {
    eventId,
    eventType,
    eventVersion:
      text(attributes['eventversion']) ?? versionOfSchema(text(attributes['dataschema'])) ?? versionOfType ?? '1.0',
    eventTime: text(attributes['time']) ?? instantOfRecord(context.timestamp),
    aggregateId:
      text(attributes['partitionkey']) ??
      aggregateOf(text(attributes['subject']), idIn(data, definition)) ??
      context.key ??
      undefined,
    aggregateType: text(attributes['aggregatetype']) ?? definition?.aggregateType ?? undefined,
    tenantId: text(attributes['tenantid']),
    correlationId: text(attributes['correlationid']) ?? eventId,
    causationId: text(attributes['causationid']),
    metadata: own ? metadata : { ...metadata, cloudEvent: { id, source, type, ...kept } },
    data,
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

function required(attributes: JsonObject): { id: string; source: string; type: string } {
  const [id, source, type] = [text(attributes['id']), text(attributes['source']), text(attributes['type'])];
  if (id !== undefined && source !== undefined && type !== undefined) return { id, source, type };
  const missing = Object.entries({ id, source, type }).filter(([, value]) => value === undefined);
  throw faultIn(
    'not-an-envelope',
    missing.map(([path]) => ({ path, message: 'is missing' })),
  );
}

/** `com.shop.OrderPlaced.v1` and `OrderPlaced` are the same type; the version counts if nothing better says it. */
function typeOf(type: string): { eventType: string; versionOfType: string | undefined } {
  const [, path = type, major] = /^(.*?)(?:\.v(\d+))?$/.exec(type) ?? [];
  const name = path.slice(path.lastIndexOf('.') + 1);
  return { eventType: name, versionOfType: major === undefined ? undefined : `${major}.0` };
}

const versionOfSchema = (dataschema: string | undefined): string | undefined =>
  /(\d+\.\d+)(?:\.json)?$/.exec(dataschema ?? '')?.[1];

/** The id in data, if the contract says where it stands. */
const idIn = (data: unknown, definition: EventDefinition | undefined): string | undefined => {
  const field = definition?.aggregateIdField ?? null;
  return field !== null && isObject(data) ? text(data[field]) : undefined;
};

/** A subject may be a path to the aggregate, `orders/o-1`. */
const aggregateOf = (subject: string | undefined, id: string | undefined): string | undefined =>
  id !== undefined && (subject === undefined || subject.endsWith(`/${id}`)) ? id : subject;

const instantOfRecord = (timestamp: number | undefined): string | undefined =>
  timestamp === undefined || timestamp < 0 ? undefined : new Date(timestamp).toISOString();

const MAPPED = new Set(
  'specversion id source type data data_base64 datacontenttype time partitionkey tenantid correlationid causationid aggregatetype eventversion metadata traceparent'.split(
    ' ',
  ),
);

/** Attributes without a place of their own; `metadata` is how ours travels: attributes cannot be objects. */
function leftOver(attributes: JsonObject): { kept: JsonObject; metadata: JsonObject | undefined } {
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (!MAPPED.has(name) && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'))
      kept[name] = value;
  }
  return { kept, metadata: parseMetadata(attributes['metadata']) };
}

function parseMetadata(value: unknown): JsonObject | undefined {
  if (isObject(value)) return value;
  if (typeof value !== 'string') return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Attributes of an event, as strings; a foreign event's own id, source and type are restored. */
export function cloudEventAttributes(event: Envelope, traceparent: string | undefined): Record<string, string> {
  const { cloudEvent, ...metadata } = event.metadata ?? {};
  const attributes: Record<string, string | undefined> = {
    specversion: '1.0',
    id: event.eventId,
    source: `${OWN_SOURCE}${event.tenantId}`,
    type: event.eventType,
    subject: event.aggregateId,
    ...strings(cloudEvent),
    time: event.eventTime,
    eventversion: event.eventVersion,
    partitionkey: event.aggregateId,
    aggregatetype: event.aggregateType,
    tenantid: event.tenantId,
    correlationid: event.correlationId,
    causationid: event.causationId,
    metadata: Object.keys(metadata).length === 0 ? undefined : JSON.stringify(metadata),
    traceparent,
  };
  return Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

const strings = (value: unknown): Record<string, string> =>
  isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, String(item)])) : {};

/** Binary mode: attributes in headers, the data alone in the value. */
export function toBinary(
  event: Envelope,
  traceparent: string | undefined,
): { value: Buffer; headers: Record<string, string> } {
  const headers: Record<string, string> = { [HEADERS.contentType]: 'application/json' };
  for (const [name, value] of Object.entries(cloudEventAttributes(event, traceparent))) headers[PREFIX + name] = value;
  if (traceparent !== undefined) headers[HEADERS.traceparent] = traceparent;
  return { value: Buffer.from(JSON.stringify(event.data)), headers };
}

/** Structured mode: everything in the value. */
export function toStructured(
  event: Envelope,
  traceparent: string | undefined,
): { value: Buffer; headers: Record<string, string> } {
  const body = { ...cloudEventAttributes(event, traceparent), datacontenttype: 'application/json', data: event.data };
  const headers: Record<string, string> = { [HEADERS.contentType]: `${STRUCTURED}; charset=UTF-8` };
  if (traceparent !== undefined) headers[HEADERS.traceparent] = traceparent;
  return { value: Buffer.from(JSON.stringify(body)), headers };
}
