import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import type { Graded } from './graded.ts';
import { comparePaired, compareStages } from './paired.ts';

const stream = () => Random.derive(1, 'paired');

describe('comparePaired', () => {
  it('enumerates all sign flips of a few problems', () => {
    // Differences all 1: only the observed flip and its mirror reach |sum| = 4, of 16.
    const all = comparePaired([0, 0, 0, 0], [1, 1, 1, 1], stream());
    expect(all).toEqual({ difference: 1, interval: [1, 1], pValue: 2 / 16, problems: 4 });
    // Differences 1, 1, -1: |sum| >= 1 for every flip.
    expect(comparePaired([0, 0, 1], [1, 1, 0], stream()).pValue).toBe(1);
    // Differences 0.1, 0.2: |sum| >= 0.3 for 2 of 4, whatever the order of addition rounds to.
    expect(comparePaired([0, 0], [0.1, 0.2], stream()).pValue).toBe(0.5);
  });

  it('finds no difference between equal checkpoints', () => {
    const figures = Array.from({ length: 64 }, (_, i) => (i % 5) / 4);
    expect(comparePaired(figures, figures, stream())).toEqual({
      difference: 0,
      interval: [0, 0],
      pValue: 1,
      problems: 64,
    });
  });

  it('finds a small but steady gain that unpaired intervals would hide', () => {
    const before = Array.from({ length: 100 }, (_, i) => i / 100);
    const after = before.map((value, i) => value + (i % 10 === 0 ? 0 : 0.05));
    const { difference, interval, pValue } = comparePaired(before, after, stream());
    expect(difference).toBeCloseTo(0.045, 9);
    expect(interval[0]).toBeGreaterThan(0.04);
    expect(interval[1]).toBeLessThan(0.05);
    expect(pValue).toBeCloseTo(1 / 2001, 9);
  });

  it('calls about 5 % of null differences significant', () => {
    const random = Random.derive(7, 'null');
    let significant = 0;
    for (let trial = 0; trial < 200; trial++) {
      const before = Array.from({ length: 20 }, () => random.next());
      const after = Array.from({ length: 20 }, () => random.next());
      if (comparePaired(before, after, random, { resamples: 200 }).pValue <= 0.05) significant += 1;
    }
    // Binomial(200, 0.05): 10 expected, standard deviation 3.1.
    expect(significant).toBeGreaterThan(1);
    expect(significant).toBeLessThan(22);
  });

  it('refuses lists that do not pair', () => {
    expect(() => comparePaired([1], [1, 2], stream())).toThrow('got 1, 2');
    expect(() => comparePaired([], [], stream())).toThrow(RangeError);
  });
});

describe('compareStages', () => {
  const graded = (promptId: string, correct: number | null): Graded => ({
    promptId,
    correct,
    formatted: true,
    length: 3,
    finish: 'stop',
    answer: '1',
    text: '1',
  });

  it('pairs by problem, whatever the order, and leaves out what only one could score', () => {
    const base = { name: 'base', greedy: [graded('a', 1), graded('b', 0), graded('c', 0)], sampled: [] };
    const zero = {
      name: 'zero',
      greedy: [graded('c', 1), graded('b', null), graded('a', 1), graded('d', 1)],
      sampled: [],
    };
    const comparison = compareStages(base, zero, stream());
    expect(comparison).toMatchObject({ from: 'base', to: 'zero', passAt1: null });
    expect(comparison.greedy).toMatchObject({ difference: 0.5, problems: 2 });
  });

  it('compares the share of right samples', () => {
    const base = { name: 'base', greedy: [], sampled: [[graded('a', 0), graded('a', 1)]] };
    const zero = { name: 'zero', greedy: [], sampled: [[graded('a', 1), graded('a', 1)]] };
    expect(compareStages(base, zero, stream()).passAt1).toMatchObject({ difference: 0.5, problems: 1 });
    expect(compareStages(base, zero, stream()).greedy).toBeNull();
  });
});
