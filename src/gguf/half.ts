/** @file Half precision: float16 to a number and back, rounded to the nearest, ties to even (IEEE 754). */

/** 2²⁴: the smallest float16 is 2⁻²⁴. */
const SUBNORMAL = 2 ** 24;
const MANTISSA = 1024;

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 0) return (sign * mantissa) / SUBNORMAL;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + mantissa / MANTISSA) * 2 ** (exponent - 15);
}

/** The value of each of the 65,536 float16. */
export const HALF: Float32Array = Float32Array.from({ length: 65_536 }, (_, bits) => halfToNumber(bits));

/** The bits of the nearest float16. Values beyond 65,504 become infinite. */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return 0x7e00;
  if (size >= 65_520) return sign | 0x7c00;
  const log = Math.floor(Math.log2(size));
  // The logarithm of a number just below a power of two is rounded up to it.
  const exponent = Math.max(-14, 2 ** log > size ? log - 1 : log);
  // In units of the last place; rounding up to 2048 carries into the exponent by itself.
  const units = roundHalfToEven(size / 2 ** (exponent - 10));
  if (exponent === -14) return sign | units;
  return sign | (((exponent + 15) << 10) + units - MANTISSA);
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
