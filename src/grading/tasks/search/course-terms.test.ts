import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { courseTerms } from './course-terms.ts';

const solve = (text: string) => courseTerms.solve({ text, answer: '', meta: {} });

describe('course-terms', () => {
  it('takes what is free together', () => {
    expect(
      solve('The courses C1, C2, C3, C4 … C1 comes before C2. C3 requires C1. C4 comes after C3.'),
    ).toEqual(['3']);
    expect(solve('The courses C1, C2 … C1 requires C2. C2 requires C1.')).toEqual([]);
  });

  it('needs as many terms as the longest chain', () => {
    for (let i = 0; i < 150; i++) {
      const problem = courseTerms.generate(Random.derive(i, 'terms'), 1 + (i % courseTerms.levels));
      expect(courseTerms.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });
});
