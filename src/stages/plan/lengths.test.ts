import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { Lengths } from './lengths.ts';

/** Σ f(t) over the lengths, each counted by its share. */
function sum(lengths: Lengths, f: (t: number) => number): number {
  let total = 0;
  for (let t = 0; t < lengths.limit; t++) {
    total += (lengths.longerThan(t) - lengths.longerThan(t + 1)) * f(Math.min(t + 0.5, lengths.limit));
  }
  return total;
}

describe('Lengths', () => {
  it.each([
    [6000, 32_768],
    [500, 1000],
    [900, 1000],
  ])('has the mean %i below %i, and the mean context of these lengths', (mean, limit) => {
    const lengths = new Lengths(mean, limit);
    expect(sum(lengths, (t) => t)).toBeCloseTo(mean, -Math.log10(mean / 100));
    const context = sum(lengths, (t) => t ** 2) / 2 / mean;
    expect(lengths.meanContext / context).toBeCloseTo(1, 2);
  });

  it('is of one length where the mean is the limit', () => {
    const lengths = new Lengths(1024, 1024);
    expect([lengths.longerThan(1023), lengths.longerThan(1024)]).toEqual([1, 0]);
    expect(lengths.meanContext).toBe(512);
    expect(lengths.longestOf(8)).toBe(1024);
  });

  it('has a longest of n like that of n drawn lengths', () => {
    const lengths = new Lengths(1000, 100_000);
    const random = Random.derive(0, 'lengths');
    const longest = Array.from({ length: 400 }, () =>
      Math.max(...Array.from({ length: 64 }, () => -Math.log(1 - random.next()) * lengths.scale)),
    );
    const mean = longest.reduce((total, one) => total + one, 0) / longest.length;
    expect(lengths.longestOf(64) / mean).toBeCloseTo(1, 1);
    expect(new Lengths(1000, 2000).longestOf(1_000_000)).toBe(2000);
  });
});
