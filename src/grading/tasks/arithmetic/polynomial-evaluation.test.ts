import { describe, expect, it } from 'vitest';
import { polynomialEvaluation } from './polynomial-evaluation.ts';

const problem = { text: 'Let\nf(x) = -2x^2 + x - 7\nWhat is f(-3)?\nAnswer.', answer: '-28', meta: {} };

describe('polynomial-evaluation', () => {
  it('finds −2·9 − 3 − 7 = −28', () => {
    expect(polynomialEvaluation.solve(problem)).toEqual(['-28']);
  });

  it('reads f(-3) = -28', () => {
    expect(polynomialEvaluation.score('f(-3) = -28', problem)).toBe(1);
    expect(polynomialEvaluation.score('28', problem)).toBe(0);
  });
});
