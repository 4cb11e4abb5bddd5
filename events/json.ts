import { isUtf8 } from 'node:buffer';
import { FaultFound } from './faults';

export type JsonObject = Record<string, unknown>;

export interface JsonLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
}

export const DEFAULT_LIMITS: JsonLimits = { maxBytes: 256 * 1024, maxDepth: 32 };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Parses JSON from an untrusted record. Depth is counted on the bytes before anything recursive sees them.
 * `__proto__` keys are left out; NUL and lone surrogates are refused, since PostgreSQL's jsonb cannot keep them.
 *
 * @throws FaultFound oversized, too-deep, malformed-json, schema-violation
 */
export function parseJson(value: Buffer, limits: JsonLimits): unknown {
  if (value.length > limits.maxBytes)
    throw new FaultFound('oversized', `${value.length} bytes; ${limits.maxBytes} are allowed`);
  if (!isUtf8(value)) throw new FaultFound('malformed-json', 'not valid UTF-8');
  if (deeperThan(value, limits.maxDepth))
    throw new FaultFound('too-deep', `nested deeper than ${limits.maxDepth} levels`);
  const parsed = parse(value);
  return mayHoldUnstorable(value) ? storable(parsed, '') : parsed;
}

function parse(value: Buffer): unknown {
  try {
    return JSON.parse(hasByteOrderMark(value) ? value.toString('utf8', 3) : value.toString('utf8'));
  } catch (error) {
    // V8's message quotes the text around the fault: that may be personal data, and it ends up in logs and headers.
    const at = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
    throw new FaultFound('malformed-json', at === undefined ? 'not valid JSON' : `not valid JSON at position ${at}`);
  }
}

const hasByteOrderMark = (value: Buffer): boolean => value[0] === 0xef && value[1] === 0xbb && value[2] === 0xbf;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

function deeperThan(value: Buffer, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < value.length; at += 1) {
    const byte = value[at] as number;
    if (inString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte >= 0x5b) {
      if (OPEN.has(byte)) {
        depth += 1;
        if (depth > maxDepth) return true;
      } else if (CLOSE.has(byte)) depth -= 1;
    }
  }
  return false;
}

/** A NUL, a lone surrogate and a hidden `__proto__` are only possible through a `\u` escape; nearly no record has one. */
const mayHoldUnstorable = (value: Buffer): boolean => value.includes('\\u') || value.includes('__proto__');

/** The same value without `__proto__` keys. @throws FaultFound schema-violation naming the field */
export function storable(value: unknown, path: string): unknown {
  if (typeof value === 'string') return storableText(value, path);
  if (Array.isArray(value)) return value.map((item, index) => storable(item, join(path, String(index))));
  if (!isObject(value)) return value;
  const clean: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') continue;
    clean[storableText(key, path)] = storable(item, join(path, key));
  }
  return clean;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function storableText(text: string, path: string): string {
  if (text.includes('\u0000')) throw new FaultFound('schema-violation', 'has a NUL character', path);
  if (LONE_SURROGATE.test(text)) throw new FaultFound('schema-violation', 'has half of a surrogate pair', path);
  return text;
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
