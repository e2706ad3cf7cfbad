import { describe, expect, it } from 'vitest';
import { primeFactorization } from './prime-factorization.ts';

const problem = {
  text: 'Write 360 as a product of prime numbers.',
  answer: '2 * 2 * 2 * 3 * 3 * 5',
  meta: {},
};

describe('prime-factorization', () => {
  it('divides 360 down', () => {
    expect(primeFactorization.solve(problem)).toEqual([problem.answer]);
  });

  it('reads powers and other signs for times, in any order', () => {
    for (const right of [
      '2^3 * 3^2 * 5',
      '5 × 3² × 2³',
      '360 = 2*2*2*3*3*5',
      '2**3 * 3**2 * 5',
      '$2^{3} \\cdot 3^{2} \\cdot 5$',
      '2 x 2 x 2 x 3 x 3 x 5',
    ]) {
      expect(primeFactorization.score(right, problem), right).toBe(1);
    }
    for (const wrong of [
      '360',
      '4 * 2 * 9 * 5',
      '2^3 * 3^2',
      '2^3 + 3^2 + 5',
      '2^3 * 3^2 * 5 * 2^0',
      '1 * 2^3 * 3^2 * 5',
    ]) {
      expect(primeFactorization.score(wrong, problem), wrong).toBe(0);
    }
  });
});
