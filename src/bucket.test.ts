import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketByLength, bucketBySum } from './bucket.ts';

describe('bucketByLength', () => {
  it('fills micro-batches from the longest down', () => {
    expect(bucketByLength([3, 10, 4, 4, 3], 12)).toEqual([[1], [2, 3, 0], [4]]);
    expect(bucketByLength([], 8)).toEqual([]);
  });

  it('gives a sample above the limit a micro-batch to itself', () => {
    expect(bucketByLength([2, 50, 2], 8)).toEqual([[1], [0, 2]]);
  });

  it('keeps every sample once and every padded size within the limit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 })),
        fc.integer({ min: 1, max: 200 }),
        (lengths, limit) => {
          const buckets = bucketByLength(lengths, limit);
          expect(buckets.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
          for (const bucket of buckets) {
            const padded = bucket.length * Math.max(...bucket.map((i) => lengths[i]!));
            expect(bucket.length === 1 || padded <= limit).toBe(true);
          }
        },
      ),
    );
  });

  it('refuses a limit that is none', () => {
    expect(() => bucketByLength([1], 0)).toThrow(RangeError);
    expect(() => bucketByLength([1], Number.NaN)).toThrow(RangeError);
  });
});

describe('bucketBySum', () => {
  it('puts the longest first, each where there is room', () => {
    expect(bucketBySum([3, 10, 4, 4, 3], 12)).toEqual([[1], [2, 3, 0], [4]]);
    expect(bucketBySum([2, 6, 5, 4, 3], 10)).toEqual([
      [1, 3],
      [2, 4, 0],
    ]);
    expect(bucketBySum([2, 50, 2], 8)).toEqual([[1], [0, 2]]);
    expect(bucketBySum([], 8)).toEqual([]);
  });

  it('has each index once, and leaves no room that the next micro-batch would fit in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 })),
        fc.integer({ min: 1, max: 60 }),
        (lengths, limit) => {
          const buckets = bucketBySum(lengths, limit);
          expect(buckets.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
          const sums = buckets.map((bucket) => bucket.reduce((sum, i) => sum + lengths[i]!, 0));
          for (const [b, sum] of sums.entries()) {
            if (buckets[b]!.length > 1) expect(sum).toBeLessThanOrEqual(limit);
            for (const later of buckets.slice(b + 1))
              expect(sum + lengths[later[0]!]!).toBeGreaterThan(limit);
          }
        },
      ),
    );
  });

  it('refuses no room', () => {
    expect(() => bucketBySum([1], 0)).toThrow(RangeError);
  });
});
