import { binaryAttributes, fromCloudEvent, isBinary, isStructured, looksStructured } from './cloud-events';
import type { EventDefinition, FindDefinition } from './define-event';
import type { Envelope } from './envelope';
import { envelopeSchema, faultsOf, inOurWords } from './envelope-schema';
import { type DecodeFault, FaultFound, type FieldFault, faultIn } from './faults';
import { HEADERS, type Headers, validTraceparent } from './headers';
import { DEFAULT_LIMITS, isObject, type JsonLimits, type JsonObject, parseJson, storable } from './json';

/** What decoding looks at of a record; an `IncomingRecord` of the client port fits. */
export interface EncodedRecord {
  readonly value: Buffer | null;
  readonly headers: Headers;
  readonly key: string | null;
  readonly topic?: string;
  /** Milliseconds since the epoch. */
  readonly timestamp?: number;
  /** Default 256 KiB. */
  readonly maxBytes?: number;
  /** Default 32 levels. */
  readonly maxDepth?: number;
}

export type DecodedRecord =
  | {
      readonly ok: true;
      readonly event: Envelope;
      readonly definition: EventDefinition;
      readonly traceparent?: string | undefined;
    }
  | { readonly ok: false; readonly fault: DecodeFault };

export function decodeRecord(record: EncodedRecord, find: FindDefinition): DecodedRecord {
  let raw: JsonObject | undefined;
  try {
    raw = readEnvelope(record, find);
    const { event, definition } = checkEvent(raw, find);
    return { ok: true, event, definition, traceparent: traceparentOf(record) };
  } catch (error) {
    if (!(error instanceof FaultFound)) throw error;
    return {
      ok: false,
      fault: { ...factsOf(error), ...whatIsKnown(raw, record.headers) },
    };
  }
}

/** A raw envelope from whichever of the three shapes the record has. */
function readEnvelope(record: EncodedRecord, find: FindDefinition): JsonObject {
  if (record.value === null || record.value.length === 0) throw new FaultFound('empty', 'the record has no value');
  const parsed = parseJson(record.value, limitsOf(record));
  const context = { key: record.key, timestamp: record.timestamp, find };
  if (isBinary(record.headers) && !isStructured(record.headers))
    return fromCloudEvent(storableHeaders(record.headers), parsed, context);
  if (!isObject(parsed)) throw new FaultFound('not-an-envelope', 'is not a JSON object');
  if (isStructured(record.headers) || looksStructured(parsed)) return fromCloudEvent(parsed, parsed['data'], context);
  return {
    ...parsed,
    aggregateType: parsed['aggregateType'] ?? definitionOf(parsed['eventType'], find)?.aggregateType ?? undefined,
    correlationId: parsed['correlationId'] ?? parsed['eventId'],
  };
}

const definitionOf = (type: unknown, find: FindDefinition): EventDefinition | undefined =>
  typeof type === 'string' ? find(type) : undefined;

const storableHeaders = (headers: Headers): JsonObject => {
  const attributes = storable(binaryAttributes(headers), '');
  return isObject(attributes) ? attributes : {};
};

const limitsOf = ({ maxBytes, maxDepth }: EncodedRecord): JsonLimits => ({
  maxBytes: maxBytes ?? DEFAULT_LIMITS.maxBytes,
  maxDepth: maxDepth ?? DEFAULT_LIMITS.maxDepth,
});

/**
 * Checks a raw envelope and its data, and lifts the data to the newest version.
 * @throws FaultFound not-an-envelope, unknown-type, unknown-version, schema-violation
 */
export function checkEvent(raw: JsonObject, find: FindDefinition): { event: Envelope; definition: EventDefinition } {
  const envelope = checkEnvelope(raw, find);
  const definition = find(envelope.eventType);
  if (definition === undefined)
    throw new FaultFound('unknown-type', `no event is called ${envelope.eventType}`, 'eventType');
  const data = checkData(definition, envelope);
  return { event: withoutUndefined({ ...envelope, eventVersion: definition.version, data }), definition };
}

function checkEnvelope(raw: JsonObject, find: FindDefinition): Envelope {
  const checked = envelopeSchema.safeParse(raw, inOurWords);
  if (checked.success) return checked.data;
  throw faultIn('not-an-envelope', [...faultsOf(checked.error), ...faultsOfData(raw, find)]);
}

/** So that whoever mends the envelope does not learn only then what else is wrong. */
function faultsOfData(raw: JsonObject, find: FindDefinition): readonly FieldFault[] {
  const definition = definitionOf(raw['eventType'], find);
  if (definition === undefined || typeof raw['eventVersion'] !== 'string') return [];
  try {
    checkData(definition, raw);
    return [];
  } catch (error) {
    if (error instanceof FaultFound && error.path !== undefined)
      return [{ path: error.path, message: error.message }, ...error.more];
    throw error;
  }
}

/** An absent field is absent, so that an event equals itself after a trip through JSON. */
function withoutUndefined(event: Envelope): Envelope {
  const { causationId, metadata, ...always } = event;
  return {
    ...always,
    ...(causationId === undefined ? {} : { causationId }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/**
 * The data in its newest version.
 * @throws FaultFound unknown-version; schema-violation when it, or what is said of the aggregate, breaks the contract
 */
function checkData(definition: EventDefinition, raw: JsonObject | Envelope): unknown {
  const { data, faults } = lifted(definition, String(raw['eventVersion']), raw['data']);
  const found = [...faultsOfAggregate(definition, raw, data), ...faults];
  if (found.length > 0) throw faultIn('schema-violation', found);
  return data;
}

const versionsOf = ({ version, older }: EventDefinition): string =>
  [...older.map((one) => one.version), version].join(', ');

type Checked = { readonly data?: unknown; readonly faults: readonly FieldFault[] };

function lifted(definition: EventDefinition, version: string, data: unknown): Checked {
  let current = data;
  if (version !== definition.version) {
    const from = definition.older.findIndex((older) => older.version === version);
    if (from < 0)
      throw new FaultFound(
        'unknown-version',
        `${definition.type} has no version ${version}; it has ${versionsOf(definition)}`,
        'eventVersion',
      );
    for (const older of definition.older.slice(from)) {
      const checked = valid(older.data, current);
      if (checked.faults.length > 0) return checked;
      current = older.upcast(checked.data);
    }
  }
  return valid(definition.data, current);
}

function valid(schema: EventDefinition['data'], data: unknown): Checked {
  const checked = schema.safeParse(data, inOurWords);
  return checked.success ? { data: checked.data, faults: [] } : { faults: faultsOf(checked.error, ['data']) };
}

/** The type is the contract's; where data says the id again, both say the same: the one orders events, the other may find their subject. */
function faultsOfAggregate(
  { aggregateType, aggregateIdField }: EventDefinition,
  raw: JsonObject | Envelope,
  data: unknown,
): readonly FieldFault[] {
  const wrongType = aggregateType !== null && raw['aggregateType'] !== aggregateType;
  const ids = aggregateIdField === null || !isObject(data) ? [] : [data[aggregateIdField], raw['aggregateId']];
  return [
    ...(wrongType ? [{ path: 'aggregateType', message: `is not ${aggregateType}` }] : []),
    ...(ids[0] !== ids[1] ? [{ path: `data.${aggregateIdField}`, message: DIFFERENT_ID }] : []),
  ];
}

const DIFFERENT_ID = 'differs from the aggregateId (of a CloudEvent its partitionkey, or else its subject)';

const traceparentOf = ({ headers }: EncodedRecord): string | undefined =>
  validTraceparent(headers[HEADERS.traceparent]) ?? validTraceparent(headers['ce_traceparent']);

export const factsOf = ({ code, message, path, more }: FaultFound): DecodeFault => ({ code, message, path, more });

/** For the dead letter: names that could be read before the fault, from the value or else from the headers. Short and printable, or left out. */
function whatIsKnown(
  raw: JsonObject | undefined,
  headers: Headers,
): Pick<DecodeFault, 'eventId' | 'eventType' | 'tenantId'> {
  return {
    eventId: printable(raw?.['eventId']) ?? printable(headers[HEADERS.eventId]),
    eventType: printable(raw?.['eventType']) ?? printable(headers[HEADERS.eventType]),
    tenantId: printable(raw?.['tenantId']) ?? printable(headers[HEADERS.tenantId]),
  };
}

const printable = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\x20-\x7e]{1,200}$/.test(value) ? value : undefined;
