import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { fractions } from './fractions.ts';

describe('fractions', () => {
  it('solves (1/2) + (2/3) as 7/6', () => {
    expect(fractions.solve({ text: 'Compute:\n(1/2) + (2/3)\n', answer: '', meta: {} })).toEqual(['7/6']);
  });

  it('counts any form of the number, as its text says', () => {
    const problem = { text: '', answer: '7/6', meta: {} };
    for (const right of ['7/6', '14/12', '1 1/6', '\\frac{7}{6}', '-7/-6']) {
      expect(fractions.score(right, problem)).toBe(1);
    }
    for (const wrong of ['1.1667', '6/7', '7/6 7/6', '7/0']) expect(fractions.score(wrong, problem)).toBe(0);
  });

  it('folds as it writes', () => {
    for (let i = 0; i < 300; i++) {
      const problem = fractions.generate(Random.derive(i, 'fractions'), 1 + (i % fractions.levels));
      expect(fractions.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });
});
