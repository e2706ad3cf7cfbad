import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../tests/support/cpu-time.ts';
import { repeatedShare, timesInARow, unitsOf } from './repetition.ts';

describe('unitsOf', () => {
  it('counts words, signs and single Chinese characters, and a run of one sign once', () => {
    expect([...unitsOf('Wait, WAIT ... 我们我')]).toEqual([0, 1, 0, 2, 3, 4, 3]);
  });

  it('takes a word that is none letter by letter', () => {
    expect(unitsOf('a'.repeat(33))).toHaveLength(33);
    expect(unitsOf('a'.repeat(32))).toHaveLength(1);
  });
});

describe('repeatedShare', () => {
  it('is the share of n-grams seen before', () => {
    // a b a b a: 2-grams ab ba ab ba, two of four seen before
    expect(repeatedShare(unitsOf('a b a b a'), 2)).toBe(0.5);
    expect(repeatedShare(unitsOf('a b c d'), 2)).toBe(0);
    expect(repeatedShare(unitsOf('a'), 2)).toBe(0);
    expect(repeatedShare(unitsOf(''), 2)).toBe(0);
  });

  it('tells 1 12 from 11 2', () => {
    expect(repeatedShare(unitsOf('1 12 . 11 2'), 2)).toBe(0);
  });
});

describe('timesInARow', () => {
  it.each([
    ['', 0],
    ['one two three', 1],
    ['no no', 2],
    ['wait , wait , wait , then', 3],
    ['a b c a b c a b', 2],
    ['x a a a a y', 4],
    ['算算算算算', 5],
    [`${'ha'.repeat(40)}`, 40],
  ])('%j: %i', (text, times) => {
    expect(timesInARow(unitsOf(text))).toBe(times);
  });

  it('finds any stretch that is repeated', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(words, fc.integer({ min: 2, max: 6 }), (stretch, times) => {
        const text = Array.from({ length: times }, () => stretch.join(' ')).join(' ');
        expect(timesInARow(unitsOf(text))).toBeGreaterThanOrEqual(times);
      }),
    );
  });

  it('is fast on a long loop', () => {
    const units = unitsOf('again and again '.repeat(20_000));
    const start = cpuMilliseconds();
    expect(timesInARow(units)).toBe(20_000);
    expect(cpuMilliseconds() - start).toBeLessThan(2_000);
  });
});
