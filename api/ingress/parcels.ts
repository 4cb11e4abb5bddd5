import type { IncomingHttpHeaders } from 'node:http';
import type { Limits } from '../deps';
import { Problem } from '../http/problem';
import { json } from '../http/route';
import { assertDepth } from './json-depth';

/** One event as it came, not yet checked. `index` is its place in a batch. */
export type Parcel = { readonly index?: number } & (
  | { readonly form: 'envelope' | 'structured'; readonly value: unknown }
  /** CloudEvents binary: attributes in headers, `data` as the body. */
  | { readonly form: 'binary'; readonly attributes: Readonly<Record<string, string>>; readonly data: Buffer }
);

export const mediaTypes = {
  envelope: 'application/json',
  structured: 'application/cloudevents+json',
  batch: 'application/cloudevents-batch+json',
} as const;

/** Takes a request apart: our envelope or CloudEvents in any of its three modes over HTTP (its HTTP protocol binding, 1.0). */
export function parcelsOf(headers: IncomingHttpHeaders, body: Buffer, limits: Limits): readonly Parcel[] {
  const type = mediaType(headers['content-type']);
  if (type === mediaTypes.structured) return [{ form: 'structured', value: parse(body) }];
  if (type === mediaTypes.batch) return batch(() => 'structured', parse(body), limits);
  if (headers['ce-specversion'] !== undefined) {
    if (type !== undefined && !isJson(type)) throw notRead(type);
    return [{ form: 'binary', attributes: attributesOf(headers), data: body }];
  }
  if (type !== undefined && !isJson(type)) throw notRead(type);
  const value = parse(body);
  return Array.isArray(value) ? batch(formOf, value, limits) : [{ form: formOf(value), value }];
}

type JsonForm = 'envelope' | 'structured';

/** Structured, but sent as plain JSON: `specversion` is required of every CloudEvent and no field of ours. */
const formOf = (value: unknown): JsonForm =>
  typeof value === 'object' && value !== null && 'specversion' in value && !('eventId' in value)
    ? 'structured'
    : 'envelope';

const mediaType = (header: string | undefined) => header?.split(';', 1)[0]?.trim().toLowerCase();

const isJson = (type: string) =>
  type === mediaTypes.envelope || (type.endsWith('+json') && !type.includes('cloudevents'));

const notRead = (type: string) =>
  new Problem(
    'unsupported-media-type',
    `${type.slice(0, 100)} is not read here; ${Object.values(mediaTypes).join(', ')} are.`,
  );

/** Deeper than the registry accepts, so that it can say which event of a batch nests too deep. */
const deepest = 64;

function parse(body: Buffer): unknown {
  assertDepth(body, deepest);
  return json(body);
}

function batch(form: (value: unknown) => JsonForm, value: unknown, limits: Limits): readonly Parcel[] {
  if (!Array.isArray(value)) throw new Problem('invalid-request', 'A batch is a JSON array.');
  if (value.length === 0) throw new Problem('invalid-request', 'The batch is empty.');
  if (value.length > limits.batchEvents) {
    throw new Problem(
      'invalid-request',
      `A batch has at most ${limits.batchEvents} events; this one has ${value.length}.`,
    );
  }
  return value.map((item: unknown, index) => ({ form: form(item), value: item, index }));
}

/** `ce-tenantid` becomes `tenantid`; values come percent-encoded. */
function attributesOf(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const attributes: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce-') && typeof value === 'string')
      attributes.push([name.slice(3), percentDecoded(name, value)]);
  }
  return Object.fromEntries(attributes);
}

function percentDecoded(name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new Problem('invalid-request', 'A header is not percent-encoded UTF-8.', {
      errors: [{ parameter: name, code: 'encoding', detail: 'is not percent-encoded UTF-8' }],
    });
  }
}
