import { v5 } from 'uuid';
import { stableId } from './stable-id';

describe('a stable id', () => {
  it('is the UUIDv5 of its parts', () => {
    expect(stableId('payment', 'acme', 'a/b')).toBe(
      v5('["payment","acme","a/b"]', '8f0d5c1e-6a3b-4c52-b7f1-9d2e4a6c8b30'),
    );
  });

  it('tells parts apart, wherever they are cut', () => {
    expect(stableId('a/b', 'c')).not.toBe(stableId('a', 'b/c'));
  });
});
