/**
 * @file Mean and quantiles of a list of numbers.
 */

/** Arithmetic mean. @throws RangeError for an empty list */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('mean of no values');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Quantiles by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996, NumPy's default).
 *
 * @param values - at least one number, in any order; not changed
 * @param probabilities - each in [0, 1]
 * @throws RangeError for an empty list or a probability outside [0, 1]
 */
export function quantiles(values: readonly number[], probabilities: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('quantile of no values');
  const sorted = Float64Array.from(values).sort();
  return probabilities.map((p) => {
    if (!(p >= 0 && p <= 1)) throw new RangeError(`quantile: expected a probability in [0, 1], got ${p}`);
    const position = p * (sorted.length - 1);
    const below = sorted[Math.floor(position)]!;
    const above = sorted[Math.ceil(position)]!;
    return below + (above - below) * (position - Math.floor(position));
  });
}
