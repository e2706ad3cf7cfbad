import { describe, expect, it } from 'vitest';
import { polynomialExpansion } from './polynomial-expansion.ts';

const problem = { text: 'Expand:\n(2x - 3)(x + 1)\nAnswer.', answer: '2x^2 - x - 3', meta: {} };

describe('polynomial-expansion', () => {
  it('interpolates the product', () => {
    expect(polynomialExpansion.solve(problem)).toEqual(['2x^2 - x - 3']);
    expect(polynomialExpansion.solve({ ...problem, text: '\n(x^2 - 1)(x^2 + 1)\n' })).toEqual(['x^4 - 1']);
  });

  it('takes the terms in any order, and only once collected', () => {
    for (const right of [
      '-3 - x + 2x²',
      '2*x^2 - 1x - 3',
      '$2x^{2}-x-3$'.replace(/[{}]/g, ''),
      '−x + 2x**2 − 3',
    ]) {
      expect(polynomialExpansion.score(right, problem), right).toBe(1);
    }
    for (const wrong of ['(2x - 3)(x + 1)', '2x^2 + 2x - 3x - 3', '2x^2 + x - 3', '2x^2 - x', 'x']) {
      expect(polynomialExpansion.score(wrong, problem), wrong).toBe(0);
    }
  });
});
