import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { bootstrapInterval, wilsonInterval } from './bootstrap.ts';
import { mean } from './quantile.ts';

const stream = () => Random.derive(1, 'bootstrap');

describe('bootstrapInterval', () => {
  it('agrees with the normal approximation on many problems', () => {
    // 400 problems, half 0 and half 1: standard error 0.5 / 20 = 0.025.
    const [low, high] = bootstrapInterval(
      Array.from({ length: 400 }, (_, i) => i % 2),
      stream(),
    );
    expect(low).toBeCloseTo(0.5 - 1.96 * 0.025, 2);
    expect(high).toBeCloseTo(0.5 + 1.96 * 0.025, 2);
  });

  it('has no width when all problems agree, and holds the mean', () => {
    expect(bootstrapInterval([0.1, 0.1, 0.1], stream())[0]).toBeCloseTo(0.1, 12);
    expect(bootstrapInterval([0.25], stream())).toEqual([0.25, 0.25]);
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (values) => {
        const [low, high] = bootstrapInterval(values, stream(), { resamples: 50 });
        expect(low).toBeLessThanOrEqual(mean(values));
        expect(high).toBeGreaterThanOrEqual(mean(values));
        expect(low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-12);
        expect(high).toBeLessThanOrEqual(Math.max(...values) + 1e-12);
      }),
    );
  });

  it('is the same for the same stream, and wider for a higher level', () => {
    const values = Array.from({ length: 50 }, (_, i) => (i * 7) % 11);
    expect(bootstrapInterval(values, stream())).toEqual(bootstrapInterval(values, stream()));
    const [low, high] = bootstrapInterval(values, stream(), { level: 0.8 });
    const [lower, higher] = bootstrapInterval(values, stream(), { level: 0.99 });
    expect(higher - lower).toBeGreaterThan(high - low);
  });

  it('refuses no problems', () => {
    expect(() => bootstrapInterval([], stream())).toThrow(RangeError);
  });
});

describe('wilsonInterval', () => {
  it('matches published values', () => {
    // Newcombe 1998, table I, method 3: 81/263, 15/148, 0/20, 1/29.
    const cases = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const;
    for (const [successes, trials, low, high] of cases) {
      expect(wilsonInterval(successes, trials)[0]).toBeCloseTo(low, 4);
      expect(wilsonInterval(successes, trials)[1]).toBeCloseTo(high, 4);
    }
  });

  it('stays inside [0, 1], holds the proportion, and mirrors', () => {
    const counts = fc
      .integer({ min: 1, max: 5000 })
      .chain((n) => fc.tuple(fc.nat({ max: n }), fc.constant(n)));
    fc.assert(
      fc.property(counts, ([c, n]) => {
        const [low, high] = wilsonInterval(c, n);
        const [mirrorLow, mirrorHigh] = wilsonInterval(n - c, n);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(c / n);
        expect(high).toBeGreaterThanOrEqual(c / n);
        expect(low).toBeCloseTo(1 - mirrorHigh, 9);
        expect(high).toBeCloseTo(1 - mirrorLow, 9);
      }),
    );
  });

  it('refuses impossible counts', () => {
    expect(() => wilsonInterval(0, 0)).toThrow(RangeError);
    expect(() => wilsonInterval(3, 2)).toThrow(RangeError);
    expect(() => wilsonInterval(-1, 2)).toThrow(RangeError);
  });
});
