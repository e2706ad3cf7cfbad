import { describe, expect, it } from 'vitest';
import { mean, quantiles } from './quantile.ts';

describe('quantiles', () => {
  it('interpolates between order statistics', () => {
    expect(quantiles([40, 10, 30, 20], [0, 0.5, 0.9, 1])).toEqual([10, 25, 37, 40]);
    expect(quantiles([7], [0.1, 0.9])).toEqual([7, 7]);
  });

  it('sorts by value, and leaves its argument alone', () => {
    const values = [100, 9, 25];
    expect(quantiles(values, [0.5])).toEqual([25]);
    expect(values).toEqual([100, 9, 25]);
  });

  it('refuses an empty list and a probability outside [0, 1]', () => {
    expect(() => quantiles([], [0.5])).toThrow(RangeError);
    expect(() => quantiles([1], [1.5])).toThrow(RangeError);
    expect(() => quantiles([1], [Number.NaN])).toThrow(RangeError);
  });
});

describe('mean', () => {
  it('averages', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(() => mean([])).toThrow(RangeError);
  });
});
