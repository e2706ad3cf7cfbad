/** @file How much of what happened a critic foresaw. */

/**
 * 1 − Var(returns − values) / Var(returns) over all tokens: 1 foresees everything, 0 no more than their mean; negative
 * is worse than that. 0 where the returns are all the same, so that there is nothing to explain.
 */
export function explainedVariance(
  values: readonly ArrayLike<number>[],
  returns: readonly ArrayLike<number>[],
): number {
  const expected = returns.flatMap((row) => Array.from(row));
  const errors = returns.flatMap((row, i) => Array.from(row, (value, t) => value - values[i]![t]!));
  const spread = variance(expected);
  return spread > 0 ? 1 - variance(errors) / spread : 0;
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
