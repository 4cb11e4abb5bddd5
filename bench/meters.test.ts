import { sumOf } from './meters';

describe('meters', () => {
  it('adds the values of one metric whatever their labels, and none of a metric whose name begins alike', () => {
    const text = [
      '# TYPE calls histogram',
      'calls_count{target="a b",process="bridge"} 3',
      'calls_count{target="c"} 1.5',
      'calls_count 2e1',
      'calls_counted 100',
    ].join('\n');
    expect(sumOf(text, 'calls_count')).toBe(24.5);
    expect(sumOf(text, 'calls_sum')).toBe(0);
  });
});
