import { fingerprintOf, judgeStep } from './steps';

describe('a step', () => {
  it.each([
    ['first', 'nothing is known', undefined],
    ['repeated', 'it was done', { fingerprint: 'a', undone: false }],
    ['undone', 'it was done and undone', { fingerprint: 'a', undone: true }],
    ['undone', 'its undo came first', { fingerprint: null, undone: true }],
    ['key-reused', 'another was done under its key', { fingerprint: 'b', undone: false }],
    ['key-reused', 'another was done and undone under its key', { fingerprint: 'b', undone: true }],
  ])('is %s if %s', (verdict, _when, known) => {
    expect(judgeStep(known, 'a')).toBe(verdict);
  });

  it('has a fingerprint of all that was asked', () => {
    const request = { orderId: 'o-1', lines: [{ sku: 'A', quantity: 1 }] };
    expect(fingerprintOf(request)).toBe(fingerprintOf(structuredClone(request)));
    expect(fingerprintOf(request)).not.toBe(fingerprintOf({ ...request, lines: [{ sku: 'A', quantity: 2 }] }));
  });
});
