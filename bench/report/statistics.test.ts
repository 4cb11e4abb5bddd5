import { median, percentile } from './statistics';

describe('statistics', () => {
  it('takes the middle one of an odd number and the mean of the middle two of an even one', () => {
    expect(median([30, 10, 20])).toBe(20);
    expect(median([40, 10, 20, 30])).toBe(25);
    expect(() => median([])).toThrow('a median of nothing');
  });

  it('keeps an event that never arrived in a percentile', () => {
    const latencies = [...Array.from({ length: 98 }, (_, at) => at + 1), 500, Number.POSITIVE_INFINITY];
    expect(percentile(latencies, 0.5)).toBe(50);
    expect(percentile(latencies, 0.99)).toBe(500);
    expect(percentile(latencies, 1)).toBe(Number.POSITIVE_INFINITY);
  });
});
