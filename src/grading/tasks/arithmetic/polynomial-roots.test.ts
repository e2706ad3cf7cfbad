import { describe, expect, it } from 'vitest';
import { polynomialRoots } from './polynomial-roots.ts';

const problem = { text: 'Solve for x:\n2x^2 - 2x - 12 = 0\nAll …', answer: '-2, 3', meta: {} };

describe('polynomial-roots', () => {
  it('finds -2 and 3, and a double root once', () => {
    expect(polynomialRoots.solve(problem)).toEqual(['-2, 3']);
    expect(polynomialRoots.solve({ ...problem, text: '\nx^2 - 8x + 16 = 0\n' })).toEqual(['4']);
  });

  it('takes the roots in any order and form', () => {
    for (const right of ['3, -2', '{-2; 3}', 'x = -2, x = 3', 'x_1 = 3, x_2 = -2', '3 -2', '3, -2, 3']) {
      expect(polynomialRoots.score(right, problem), right).toBe(1);
    }
    for (const wrong of ['3', '2, 3', '-2, 3, 4', 'none'])
      expect(polynomialRoots.score(wrong, problem)).toBe(0);
  });
});
