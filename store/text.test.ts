import { requireIndexable, requireStorable, storable, storableOrNull } from './text';

describe('requireStorable', () => {
  it.each(['', 'order-1', 'Größe 😀', '\n\t\u0001'])('takes %j', (text) => {
    expect(() => requireStorable({ key: text, absent: undefined, none: null })).not.toThrow();
  });

  it.each(['a\0b', '\uD83D', 'x\uDE00'])('refuses %j and names the field', (text) => {
    expect(() => requireStorable({ fine: 'a', key: text })).toThrow(
      expect.objectContaining({ code: 'unstorable-text', facts: { field: 'key' } }),
    );
  });
});

describe('requireIndexable', () => {
  it('refuses what no index entry can hold', () => {
    expect(() => requireIndexable({ subject: 'ä'.repeat(500) })).not.toThrow();
    expect(() => requireIndexable({ subject: 'ä'.repeat(501) })).toThrow(
      expect.objectContaining({ code: 'unstorable-text', facts: { field: 'subject' } }),
    );
  });
});

describe('storable', () => {
  it('replaces what cannot be kept and cuts what is too long', () => {
    expect(storable('a\0b\uD83D')).toBe('a\uFFFDb\uFFFD');
    expect(storable('abcdef', 3)).toBe('abc');
    expect(storable('ab😀', 3)).toBe('ab\uFFFD');
    expect(storableOrNull(null)).toBeNull();
    expect(storableOrNull('a')).toBe('a');
  });
});
