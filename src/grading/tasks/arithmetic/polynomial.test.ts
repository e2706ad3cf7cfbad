import { describe, expect, it } from 'vitest';
import { formatRational, rational } from '../rational.ts';
import { addPolynomials, evaluate, formatPolynomial, mulPolynomials, polynomial } from './polynomial.ts';

describe('polynomial', () => {
  const p = polynomial([0, rational(-1, 2), 3]);

  it('evaluates 3x² − x/2 at 4 as 46', () => {
    expect(formatPolynomial(p)).toBe('3x^2 - 1/2x');
    expect(formatRational(evaluate(p, rational(4)))).toBe('46');
  });

  it('drops leading zeros, so that p − p is the empty polynomial', () => {
    expect(addPolynomials(p, mulPolynomials(p, polynomial([-1])))).toEqual([]);
    expect(mulPolynomials(p, [])).toEqual([]);
    expect(formatPolynomial([])).toBe('0');
    expect(formatPolynomial(polynomial([-1, -1, 0]), 't')).toBe('-t - 1');
  });
});
