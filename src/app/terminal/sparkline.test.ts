import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resample, sparkline } from './sparkline.ts';

describe('sparkline', () => {
  it('maps the range to eight blocks', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 20)).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline([0, 0.5, 1], 20, { min: 0, max: 2 })).toBe('▁▃▅');
    expect(sparkline([-1, 3], 2, { min: 0, max: 1 })).toBe('▁█');
  });

  it('averages what does not fit', () => {
    expect(sparkline([0, 0, 7, 7, 3, 4], 3)).toBe('▁█▅');
  });

  it('leaves gaps for what is not a number, and draws equal values low', () => {
    expect(sparkline([0, Number.NaN, 1], 3)).toBe('▁ █');
    expect(sparkline([Number.NaN, Number.POSITIVE_INFINITY], 3)).toBe('  ');
    expect(sparkline([5, 5, 5], 3)).toBe('▁▁▁');
    expect(sparkline([], 3)).toBe('');
    expect(sparkline([1, 2], 0)).toBe('');
    expect(sparkline([0, -Number.MIN_VALUE], 2)).toBe('▁▁');
  });

  it('is never wider than asked, nor than the values', () => {
    fc.assert(
      fc.property(fc.array(fc.double()), fc.integer({ min: -2, max: 50 }), (values, width) => {
        expect(sparkline(values, width)).toHaveLength(Math.min(values.length, Math.max(0, width)));
      }),
    );
  });
});

describe('resample', () => {
  it('uses every value once', () => {
    expect(resample([1, 2, 3, 4, 5], 2)).toEqual([1.5, 4]);
    expect(resample([1, Number.NaN, 3, 4], 2)).toEqual([1, 3.5]);
  });
});
