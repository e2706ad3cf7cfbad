import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../tests/support/long.ts';
import { TokenBucket } from './token-bucket.ts';

/** Pauses between calls, in milliseconds. */
const pauses = fc.array(fc.double({ min: 0, max: 30_000, noNaN: true }), { maxLength: 200 });

describe('TokenBucket', () => {
  it('lets a minute’s worth through at once and then one each 1/n of a minute', () => {
    const bucket = new TokenBucket(3, 0);
    for (let i = 0; i < 3; i++) {
      expect(bucket.wait(1, 0)).toBe(0);
      bucket.take(1, 0);
    }
    expect(bucket.wait(1, 0)).toBeCloseTo(20_000, 0);
    expect(bucket.wait(1, 5_000)).toBeCloseTo(15_000, 0);
    expect(bucket.wait(2, 5_000)).toBeCloseTo(35_000, 0);
    expect(bucket.wait(1, 20_000)).toBe(0);
  });

  it('keeps no more than a minute’s worth however long it rests', () => {
    const bucket = new TokenBucket(2, 0);
    bucket.take(2, 3_600_000);
    expect(bucket.wait(1, 3_600_000)).toBeCloseTo(30_000, 0);
  });

  it('pays debts off at its rate', () => {
    const bucket = new TokenBucket(60, 0);
    bucket.take(180, 0);
    expect(bucket.wait(1, 0)).toBeCloseTo(121_000, 0);
    expect(bucket.wait(1, 121_000)).toBe(0);
  });

  it('is not filled by a clock that goes back', () => {
    const bucket = new TokenBucket(60, 10_000);
    bucket.take(60, 10_000);
    expect(bucket.wait(1, 5_000)).toBeCloseTo(1_000, 0);
    expect(bucket.wait(1, 10_500)).toBeCloseTo(500, 0);
  });

  it('keeps what is owed when the rate changes', () => {
    const bucket = new TokenBucket(60, 0);
    bucket.take(90, 0);
    bucket.setRate(600, 0);
    expect(bucket.wait(1, 0)).toBeCloseTo(3_100, 0);
    const full = new TokenBucket(600, 0);
    full.setRate(6, 0);
    full.take(6, 0);
    expect(full.wait(1, 0)).toBeCloseTo(10_000, 0);
  });

  it('never lets more than n·(1 + t) through in any t minutes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), pauses, (perMinute, steps) => {
        const bucket = new TokenBucket(perMinute, 0);
        const admitted: number[] = [];
        let now = 0;
        for (const step of steps) {
          now += step;
          // Greedy: as many as it lets through.
          while (bucket.wait(1, now) === 0) {
            bucket.take(1, now);
            admitted.push(now);
          }
        }
        for (let i = 0; i < admitted.length; i++) {
          for (let j = i; j < admitted.length; j++) {
            const minutes = (admitted[j]! - admitted[i]!) / 60_000;
            expect(j - i + 1).toBeLessThanOrEqual(perMinute * (1 + minutes) + 1e-3);
          }
        }
      }),
      { numRuns: runs(50, 1_000) },
    );
  });

  it('says exactly how long to wait: not before, but then', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 0, max: 1e9 }),
        (perMinute, taken, start) => {
          const bucket = new TokenBucket(perMinute, start);
          bucket.take(perMinute + taken, start);
          const wait = bucket.wait(1, start);
          expect(bucket.wait(1, start + wait * 0.99)).toBeGreaterThan(0);
          expect(bucket.wait(1, start + wait + 1e-3)).toBe(0);
        },
      ),
    );
  });
});
