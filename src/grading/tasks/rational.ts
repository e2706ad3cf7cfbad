/**
 * @file Exact fractions over BigInt, for scorers and solvers that must not round.
 *
 * Always in lowest terms with a denominator above zero, so equal values have equal fields. Written answers are read
 * leniently by `parseRational` and within a length cap, as they come from a model.
 */

/** The fraction `num / den`, in lowest terms, `den` > 0. */
export interface Rational {
  readonly num: bigint;
  readonly den: bigint;
}

/** Longest text `parseRational` reads; a longer one is no number of any problem here. */
export const MAX_NUMBER_LENGTH = 400;

/** Greatest common divisor, never negative; gcd(0, 0) is 0. */
export function gcdBig(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b < 0n ? -b : b;
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** `num / den` in lowest terms. Throws RangeError when `den` is 0 or a number is no integer. */
export function rational(num: bigint | number, den: bigint | number = 1n): Rational {
  const n = BigInt(num);
  const d = BigInt(den);
  if (d === 0n) throw new RangeError('a fraction with denominator 0');
  const divisor = gcdBig(n, d) * (d < 0n ? -1n : 1n);
  return { num: n / divisor, den: d / divisor };
}

/** a + b. */
export function add(a: Rational, b: Rational): Rational {
  return rational(a.num * b.den + b.num * a.den, a.den * b.den);
}

/** a − b. */
export function sub(a: Rational, b: Rational): Rational {
  return rational(a.num * b.den - b.num * a.den, a.den * b.den);
}

/** a · b. */
export function mul(a: Rational, b: Rational): Rational {
  return rational(a.num * b.num, a.den * b.den);
}

/** a / b. Throws RangeError when b is 0. */
export function div(a: Rational, b: Rational): Rational {
  return rational(a.num * b.den, a.den * b.num);
}

/** Whether both are the same number. */
export function equals(a: Rational, b: Rational): boolean {
  return a.num === b.num && a.den === b.den;
}

/** `3`, `-3/4`: lowest terms, no denominator 1. */
export function formatRational(a: Rational): string {
  return a.den === 1n ? `${a.num}` : `${a.num}/${a.den}`;
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?$/;

/** An integer or finite decimal without a sign in front of a sign; null when it is none. */
function parseDecimal(text: string): Rational | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = ''] = match;
  if (whole === '' && fraction === '') return null;
  const magnitude = rational(BigInt(whole + fraction), 10n ** BigInt(fraction.length));
  return sign === '-' ? rational(-magnitude.num, magnitude.den) : magnitude;
}

/**
 * The number written as an integer, decimal (`0.75`), fraction (`-3/4`, `3 / 4`, `\frac{3}{4}`) or mixed number
 * (`1 3/4`). Thousands commas, surrounding space, `$…$` and the Unicode minus are read; null when it is no number, has a
 * denominator 0, or is longer than MAX_NUMBER_LENGTH.
 */
export function parseRational(text: string): Rational | null {
  if (text.length > MAX_NUMBER_LENGTH) return null;
  const plain = text
    .replaceAll('−', '-')
    .replaceAll('$', '')
    .replace(/\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}/, ' $1/$2')
    .replace(/(\d),(?=\d{3}(?!\d))/g, '$1')
    .replace(/\s*\/\s*/, '/')
    .replace(/^\s*([+-])\s+/, '$1')
    .trim();
  const parts = /^(?:([+-]?\d+)\s+)?([^\s/]+)(?:\/([^\s/]+))?$/.exec(plain);
  if (parts === null) return null;
  const [, whole, top = '', bottom] = parts;
  const num = parseDecimal(top);
  const den = bottom === undefined ? rational(1) : parseDecimal(bottom);
  if (num === null || den === null || den.num === 0n) return null;
  const value = div(num, den);
  if (whole === undefined) return value;
  const base = rational(BigInt(whole.replace('+', '')));
  const isMixed = bottom !== undefined && /^\d+$/.test(top) && /^\d+$/.test(bottom);
  if (!isMixed || base.num === 0n) return null;
  return whole.startsWith('-') ? sub(base, value) : add(base, value);
}
