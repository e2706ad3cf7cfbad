/** @file Polynomials in one variable with rational coefficients: `p[i]` belongs to xⁱ, the last is not zero. */
import { add, formatRational, mul, type Rational, rational } from '../rational.ts';

/** Coefficients from the constant up, without zeros at the end; the zero polynomial is empty. */
export type Polynomial = readonly Rational[];

const ZERO = rational(0);

/** The polynomial of these coefficients, the constant first. */
export function polynomial(coefficients: readonly (Rational | number)[]): Polynomial {
  const all = coefficients.map((c) => (typeof c === 'number' ? rational(c) : c));
  let length = all.length;
  while (length > 0 && all[length - 1]!.num === 0n) length--;
  return all.slice(0, length);
}

/** p + q. */
export function addPolynomials(p: Polynomial, q: Polynomial): Polynomial {
  const length = Math.max(p.length, q.length);
  return polynomial(Array.from({ length }, (_, i) => add(p[i] ?? ZERO, q[i] ?? ZERO)));
}

/** p · q. */
export function mulPolynomials(p: Polynomial, q: Polynomial): Polynomial {
  if (p.length === 0 || q.length === 0) return [];
  const product = Array.from({ length: p.length + q.length - 1 }, () => ZERO);
  for (const [i, a] of p.entries()) {
    for (const [j, b] of q.entries()) product[i + j] = add(product[i + j]!, mul(a, b));
  }
  return polynomial(product);
}

/** p(x), by Horner's rule. */
export function evaluate(p: Polynomial, x: Rational): Rational {
  return p.reduceRight((sum, coefficient) => add(mul(sum, x), coefficient), ZERO);
}

/** `3x^2 - x + 5`: highest power first, `0` for the zero polynomial. */
export function formatPolynomial(p: Polynomial, variable = 'x'): string {
  let text = '';
  for (let power = p.length - 1; power >= 0; power--) {
    const coefficient = p[power]!;
    if (coefficient.num === 0n) continue;
    const isNegative = coefficient.num < 0n;
    const sign = text === '' ? (isNegative ? '-' : '') : isNegative ? ' - ' : ' + ';
    const size = formatRational(isNegative ? rational(-coefficient.num, coefficient.den) : coefficient);
    const factor = power > 0 && size === '1' ? '' : size;
    text += sign + factor + (power === 0 ? '' : power === 1 ? variable : `${variable}^${power}`);
  }
  return text === '' ? '0' : text;
}
