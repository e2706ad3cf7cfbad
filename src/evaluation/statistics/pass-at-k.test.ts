import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../tests/support/long.ts';
import { representatives } from './equivalence.ts';
import { consAtK, passAtK } from './pass-at-k.ts';
import { mean } from './quantile.ts';

describe('passAtK', () => {
  it('matches counts worked out by hand', () => {
    // 4 samples, 2 right: pairs without a right one: C(2,2) of C(4,2) = 1/6.
    expect(passAtK(4, 2, 2)).toBeCloseTo(5 / 6, 12);
    // 5 samples, 1 right: C(4,3) / C(5,3) = 4/10 wrong.
    expect(passAtK(5, 1, 3)).toBeCloseTo(0.6, 12);
    expect(passAtK(16, 16, 1)).toBe(1);
    expect(passAtK(16, 0, 16)).toBe(0);
    expect(passAtK(16, 1, 16)).toBe(1);
  });

  it('is the plain mean for k = 1, and stays between 0 and 1 while k grows', () => {
    const counts = fc
      .integer({ min: 1, max: 2000 })
      .chain((n) => fc.tuple(fc.constant(n), fc.nat({ max: n })));
    fc.assert(
      fc.property(counts, ([n, c]) => {
        expect(passAtK(n, c, 1)).toBeCloseTo(c / n, 9);
        let previous = 0;
        for (let k = 1; k <= n; k = k * 2 + 1) {
          const value = passAtK(n, c, k);
          expect(value).toBeGreaterThanOrEqual(previous - 1e-12);
          expect(value).toBeLessThanOrEqual(1);
          previous = value;
        }
      }),
      { numRuns: runs(50, 1_000) },
    );
  });

  it('is unbiased: the mean over all subsets of k samples that hold a right one', () => {
    const samples = [true, false, false, true, false, false];
    const subsets = Array.from({ length: 64 }, (_, bits) => samples.filter((_, i) => (bits >> i) & 1));
    for (const k of [1, 2, 3, 4, 5, 6]) {
      const ofSize = subsets.filter((subset) => subset.length === k);
      expect(passAtK(6, 2, k)).toBeCloseTo(mean(ofSize.map((s) => (s.includes(true) ? 1 : 0))), 12);
    }
  });

  it.each([
    [4, 5, 1],
    [4, -1, 1],
    [4, 2, 0],
    [4, 2, 5],
    [4, 1.5, 1],
    [Number.NaN, 0, 1],
  ])('refuses n=%d c=%d k=%d', (n, c, k) => {
    expect(() => passAtK(n, c, k)).toThrow(RangeError);
  });
});

describe('consAtK', () => {
  const right = (answer: string | null) => ({ answer, right: true });
  const wrong = (answer: string | null) => ({ answer, right: false });

  it('takes the most frequent answer', () => {
    expect(consAtK([right('75'), right('75'), wrong('7'), wrong('8')])).toBe(1);
    expect(consAtK([right('75'), wrong('7'), wrong('7'), wrong('8')])).toBe(0);
  });

  it('splits ties', () => {
    expect(consAtK([right('75'), wrong('7')])).toBe(0.5);
    expect(consAtK([right('75'), wrong('7'), wrong('8')])).toBeCloseTo(1 / 3, 12);
  });

  it('does not let samples without an answer vote', () => {
    expect(consAtK([wrong(null), wrong(null), right('75')])).toBe(1);
    expect(consAtK([wrong(null)])).toBe(0);
    expect(consAtK([])).toBe(0);
  });

  it('joins equivalent answers once they are equal texts', async () => {
    const votes = [right('0.5'), right('1/2'), wrong('2'), wrong('2'), right(' 0.5 ')];
    const value = (text: string) => (text.trim() === '1/2' ? 0.5 : Number(text));
    expect(consAtK(votes.slice(0, 4))).toBe(0);
    const equal = await representatives(
      votes.map(({ answer }) => answer),
      (a, b) => value(a) === value(b),
    );
    expect(consAtK(votes.map((vote, i) => ({ ...vote, answer: equal[i]! })))).toBe(1);
  });

  it('counts an answer graded both ways by share', () => {
    expect(consAtK([right('a'), wrong('a'), wrong('a'), wrong('b')])).toBeCloseTo(1 / 3, 12);
  });
});
