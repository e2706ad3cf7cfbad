/** @file Complex numbers as pairs of doubles. */

/** Real and imaginary part. */
export type Complex = readonly [re: number, im: number];

export const NOT_A_NUMBER: Complex = [Number.NaN, 0];

export const real = (x: number): Complex => [x, 0];
export const magnitude = ([re, im]: Complex): number => (im === 0 ? Math.abs(re) : Math.hypot(re, im));
export const plus = (a: Complex, b: Complex): Complex => [a[0] + b[0], a[1] + b[1]];
export const minus = (a: Complex, b: Complex): Complex => [a[0] - b[0], a[1] - b[1]];
export const opposite = (a: Complex): Complex => [-a[0], -a[1]];

export function times(a: Complex, b: Complex): Complex {
  if (a[1] === 0 && b[1] === 0) return [a[0] * b[0], 0];
  return [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
}

export function over(a: Complex, b: Complex): Complex {
  if (b[1] === 0) return b[0] === 0 ? NOT_A_NUMBER : [a[0] / b[0], a[1] / b[0]];
  const scale = b[0] * b[0] + b[1] * b[1];
  return [(a[0] * b[0] + a[1] * b[1]) / scale, (a[1] * b[0] - a[0] * b[1]) / scale];
}

/** e^a. */
export function exponential([re, im]: Complex): Complex {
  const size = Math.exp(re);
  return im === 0 ? [size, 0] : [size * Math.cos(im), size * Math.sin(im)];
}

/** The principal natural logarithm. */
export function logarithm(a: Complex): Complex {
  if (a[0] === 0 && a[1] === 0) return NOT_A_NUMBER;
  return [Math.log(magnitude(a)), a[1] === 0 ? (a[0] < 0 ? Math.PI : 0) : Math.atan2(a[1], a[0])];
}

/** The principal a^b; by repeated multiplication for small whole b. */
export function raise(a: Complex, b: Complex): Complex {
  if (a[1] === 0 && b[1] === 0 && (a[0] >= 0 || Number.isInteger(b[0]))) {
    return a[0] === 0 && b[0] <= 0 ? NOT_A_NUMBER : [a[0] ** b[0], 0];
  }
  if (a[0] === 0 && a[1] === 0) return b[0] > 0 ? [0, 0] : NOT_A_NUMBER;
  if (b[1] === 0 && Number.isInteger(b[0]) && Math.abs(b[0]) <= 64) {
    let result: Complex = [1, 0];
    for (let k = 0; k < Math.abs(b[0]); k += 1) result = times(result, a);
    return b[0] < 0 ? over([1, 0], result) : result;
  }
  return exponential(times(b, logarithm(a)));
}
