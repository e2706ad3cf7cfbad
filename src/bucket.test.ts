import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketByLength } from './bucket.ts';

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
