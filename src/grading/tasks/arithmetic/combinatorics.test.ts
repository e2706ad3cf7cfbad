import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { combinatorics } from './combinatorics.ts';

const count = (kind: string, ...numbers: number[]) =>
  combinatorics.solve({ text: '', answer: '', meta: { kind, numbers } })[0];

describe('combinatorics', () => {
  it('counts C(5, 2), 5 · 4 · 3, the rows of MISSISSIPPI and the ways over 3 × 2 blocks', () => {
    expect(count('choose', 5, 2)).toBe('10');
    expect(count('arrange', 5, 3)).toBe('60');
    expect(count('multiset', 1, 4, 4, 2)).toBe('34650');
    expect(count('paths', 3, 2)).toBe('10');
  });

  it('agrees with its formulas', () => {
    for (let i = 0; i < 300; i++) {
      const problem = combinatorics.generate(Random.derive(i, 'count'), 1 + (i % combinatorics.levels));
      expect(combinatorics.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });
});
