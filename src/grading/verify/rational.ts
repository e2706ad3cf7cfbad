/** @file Exact fractions of BigInts, always in lowest terms with a positive denominator. */

/** numerator / denominator. */
export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

export const ZERO: Rational = { n: 0n, d: 1n };
export const ONE: Rational = { n: 1n, d: 1n };

/** Numerators and denominators with more bits than this are not computed. */
export const MAX_BITS = 8192;
const LIMIT = 1n << BigInt(MAX_BITS);

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** n / d in lowest terms; null for d = 0 and for numbers above the size limit. */
export function rational(n: bigint, d = 1n): Rational | null {
  if (d === 0n) return null;
  if (n >= LIMIT || -n >= LIMIT || d >= LIMIT || -d >= LIMIT) return null;
  if (d === 1n) return { n, d };
  const common = gcd(n, d);
  const sign = d < 0n ? -1n : 1n;
  return { n: (sign * n) / common, d: (sign * d) / common };
}

export function add(a: Rational, b: Rational): Rational | null {
  return rational(a.n * b.d + b.n * a.d, a.d * b.d);
}

export function multiply(a: Rational, b: Rational): Rational | null {
  return rational(a.n * b.n, a.d * b.d);
}

export function divide(a: Rational, b: Rational): Rational | null {
  return rational(a.n * b.d, a.d * b.n);
}

export function negate(a: Rational): Rational {
  return { n: -a.n, d: a.d };
}

export function equalRationals(a: Rational, b: Rational): boolean {
  return a.n === b.n && a.d === b.d;
}

/** The number of bits of |x|. */
function bits(x: bigint): number {
  return x.toString(16).length * 4;
}

/** base^exponent for a whole exponent; null where it is undefined or above the size limit. */
export function power(base: Rational, exponent: bigint): Rational | null {
  if (exponent < 0n) return base.n === 0n ? null : power({ n: base.d, d: base.n }, -exponent);
  if (base.n === 0n || (base.d === 1n && (base.n === 1n || base.n === -1n))) {
    if (exponent === 0n) return ONE;
    return base.n === -1n && exponent % 2n === 0n ? ONE : base;
  }
  if (exponent > BigInt(MAX_BITS)) return null;
  if (Number(exponent) * Math.max(bits(base.n), bits(base.d)) > MAX_BITS + 8) return null;
  return rational(base.n ** exponent, base.d ** exponent);
}

/** The whole k-th root of a whole number x ≥ 0, or null where it is not whole. */
function wholeRoot(x: bigint, k: number): bigint | null {
  if (x < 2n) return x;
  const degree = BigInt(k);
  let low = 1n;
  let high = 1n << BigInt(Math.ceil(bits(x) / k) + 1);
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (middle ** degree <= x) low = middle;
    else high = middle - 1n;
  }
  return low ** degree === x ? low : null;
}

/** The real k-th root (k ≥ 2) where it is a fraction; null otherwise. */
export function root(x: Rational, k: number): Rational | null {
  if (k > 64 || bits(x.n) > 2048 || bits(x.d) > 2048) return null;
  if (x.n < 0n) {
    if (k % 2 === 0) return null;
    const positive = root(negate(x), k);
    return positive && negate(positive);
  }
  const n = wholeRoot(x.n, k);
  const d = wholeRoot(x.d, k);
  return n === null || d === null ? null : { n, d };
}

/** The nearest double. */
export function toNumber({ n, d }: Rational): number {
  const [top, bottom] = [Number(n), Number(d)];
  if (Number.isFinite(top) && Number.isFinite(bottom)) return top / bottom;
  const shift = BigInt(Math.max(bits(n), bits(d)) - 1000);
  const scaled = Number(d >> shift);
  return scaled === 0 ? (n < 0n ? -Infinity : Infinity) : Number(n >> shift) / scaled;
}

/** Whole number nearest to x, halves away from zero. */
export function round({ n, d }: Rational): bigint {
  const magnitude = ((n < 0n ? -n : n) * 2n + d) / (2n * d);
  return n < 0n ? -magnitude : magnitude;
}

/**
 * A decimal literal such as `-12.50`: its exact value.
 * @param text - digits with at most one point, already checked
 */
export function parseDecimal(text: string): Rational | null {
  const [whole = '', decimals = ''] = text.split('.');
  return rational(BigInt(`${whole}${decimals}` || '0'), 10n ** BigInt(decimals.length));
}
