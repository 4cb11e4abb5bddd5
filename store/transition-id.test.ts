import { transitionId } from './transition-id';

describe('transitionId', () => {
  it('is the same for ever: published events are known by it', () => {
    expect(transitionId('orderSaga/acme/o-1', 1)).toBe('a2f39cb5-23f3-5aeb-941c-cd01f8b8e946');
  });

  it('differs by version and subject', () => {
    const ids = [transitionId('a', 1), transitionId('a', 2), transitionId('b', 1), transitionId('a', 11)];
    expect(new Set(ids).size).toBe(4);
  });
});
