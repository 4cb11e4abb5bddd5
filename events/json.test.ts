import { FaultFound } from './faults';
import { DEFAULT_LIMITS, parseJson } from './json';

const parse = (text: string | Buffer, limits = DEFAULT_LIMITS): unknown => parseJson(Buffer.from(text), limits);

function fault(run: () => unknown): { code: string; path: string | undefined; message: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof FaultFound) return { code: error.code, path: error.path, message: error.message };
    throw error;
  }
  throw new Error('no fault');
}

describe('JSON of an untrusted record', () => {
  it('takes what is at the limits and refuses what is above', () => {
    expect(parse('[[1]]', { maxBytes: 5, maxDepth: 2 })).toEqual([[1]]);
    expect(fault(() => parse('[[1]]', { maxBytes: 4, maxDepth: 2 })).code).toBe('oversized');
    expect(fault(() => parse('[[1]]', { maxBytes: 5, maxDepth: 1 })).code).toBe('too-deep');
  });

  it('refuses a hundred thousand nested arrays without following them', () => {
    expect(fault(() => parse('['.repeat(100_000) + ']'.repeat(100_000))).code).toBe('too-deep');
    expect(fault(() => parse('{"a":'.repeat(30_000))).code).toBe('too-deep');
  });

  it('does not count brackets in strings, nor after an escaped quote', () => {
    const text = JSON.stringify({ a: '[[[[{{{{', b: '\\"[[[[[', c: ']]]]' });
    expect(parse(text, { maxBytes: 1_000, maxDepth: 1 })).toEqual(JSON.parse(text));
  });

  it('counts what is open, not what has been closed', () => {
    expect(
      parse(`[${Array.from({ length: 500 }, () => '[]').join()}]`, { maxBytes: 10_000, maxDepth: 2 }),
    ).toHaveLength(500);
  });

  it('says where JSON is malformed without quoting it', () => {
    const { code, message } = fault(() => parse('{"name":"Jane Doe" "x"}'));
    expect(code).toBe('malformed-json');
    expect(message).toBe('not valid JSON at position 19');
    expect(fault(() => parse('{"Jane')).message).not.toContain('Jane');
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(fault(() => parse(Buffer.from([0x22, 0xff, 0x22])))).toMatchObject({
      code: 'malformed-json',
      message: 'not valid UTF-8',
    });
  });

  it('reads past a byte order mark', () => {
    expect(parse('\ufeff{"a":1}')).toEqual({ a: 1 });
  });

  it.each([
    '{"__proto__":{"polluted":true},"a":1}',
    '{"\\u005f_proto__":{"polluted":true},"a":1}',
    '{"b":[{"__proto__":{"polluted":true}}],"a":1}',
  ])('leaves __proto__ out of %s', (text) => {
    const value = parse(text);
    expect(JSON.stringify(value)).not.toContain('polluted');
    expect(value).toMatchObject({ a: 1 });
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('refuses NUL and halves of surrogate pairs, which PostgreSQL cannot keep, and names the field', () => {
    expect(fault(() => parse('{"a":{"b":["x","\\u0000"]}}'))).toMatchObject({
      code: 'schema-violation',
      path: 'a.b.1',
    });
    expect(fault(() => parse('{"a\\u0000":1}')).code).toBe('schema-violation');
    expect(fault(() => parse('{"a":"\\ud83d"}'))).toMatchObject({ code: 'schema-violation', path: 'a' });
  });

  it('keeps whole surrogate pairs and escaped backslashes', () => {
    expect(parse('{"a":"\\ud83d\\ude00","b":"\\\\u0000"}')).toEqual({ a: '😀', b: '\\u0000' });
  });
});
