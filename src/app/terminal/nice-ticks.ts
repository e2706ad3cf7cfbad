/**
 * @file Axis ticks at round numbers (after Heckbert 1990, "Nice numbers for graph labels").
 */

/** Ticks of an axis: equally spaced, the first and last being the ends of the axis. */
export interface Ticks {
  readonly values: readonly number[];
  readonly labels: readonly string[];
}

/** Multiples of a power of ten that a step may be. */
const STEPS = [1, 2, 2.5, 5, 10];

/**
 * About `count` intervals that cover [low, high], at multiples of a round step.
 *
 * @param count - intervals aimed at (default 5)
 */
export function niceTicks(low: number, high: number, count = 5): Ticks {
  const [from, to] = widened(low, high);
  const step = roundStep((to - from) / count);
  const first = Math.floor(from / step + 1e-9);
  const last = Math.ceil(to / step - 1e-9);
  return ticks(first, last - first, step);
}

/**
 * Exactly `count` intervals that cover [low, high], so that two axes share their gridlines.
 *
 * @param count - at least 2: no single interval between multiples of its own width holds values on both sides of zero
 */
export function ticksMatching(low: number, high: number, count: number): Ticks {
  const [from, to] = widened(low, high);
  let step = roundStep((to - from) / count);
  while (Math.floor(from / step + 1e-9) + count < to / step - 1e-9) step = roundStep(step * 1.01);
  return ticks(Math.floor(from / step + 1e-9), count, step);
}

/** The largest value an axis reaches; beyond, differences could overflow. */
export const LARGEST = 1e300;

/** An interval that floating-point numbers can divide: ends that (nearly) coincide are moved apart. */
function widened(low: number, high: number): readonly [number, number] {
  const from = Math.max(-LARGEST, Math.min(LARGEST, low));
  const to = Math.max(-LARGEST, Math.min(LARGEST, high));
  const size = Math.max(Math.abs(from), Math.abs(to));
  if (to - from > size * 1e-9 && to - from > 1 / LARGEST) return [from, to];
  const margin = size > 1 / LARGEST ? size / 2 : 0.5;
  return [from - margin, from + margin];
}

/** The smallest round step that is at least `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * (STEPS.find((factor) => factor >= step / power - 1e-9) ?? 10);
}

function ticks(first: number, intervals: number, step: number): Ticks {
  // Rounding to 12 digits: 3 × 0.1 is 0.30000000000000004.
  const values = Array.from({ length: intervals + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
  const decimals = Math.max(0, ...values.map((value) => decimalsOf(value)));
  return { values, labels: values.map((value) => label(value, decimals)) };
}

function decimalsOf(value: number): number {
  const [mantissa, exponent = '0'] = value.toExponential().split('e') as [string, string?];
  return Math.max(0, (mantissa.split('.')[1]?.length ?? 0) - Number(exponent));
}

function label(value: number, decimals: number): string {
  if (decimals > 5 || Math.abs(value) >= 1e7) return value.toExponential();
  if (Math.abs(value) >= 10_000) return value.toLocaleString('en-US', { maximumFractionDigits: decimals });
  return value.toFixed(decimals);
}
