/**
 * @file From per-token losses to one number: the weight of a token in the sum.
 *
 * Every aggregation in use is Σ wᵢ Σₜ lossᵢₜ with one weight per sequence, computed over the whole optimiser step.
 * So micro-batches of any size, packed or padded, add up to the same gradient.
 */

/**
 * - `token-mean`: every token of the step counts the same (DAPO, 2503.14476, eq. 8)
 * - `seq-mean-token-mean`: mean over sequences of their token mean; 1/|o| (GRPO as printed, 2402.03300, eq. 3)
 * - `seq-mean-token-sum`: mean over sequences of their token sum
 * - `constant`: mean over sequences of their token sum over a fixed length, L_max (Dr. GRPO, 2503.20783)
 */
export const AGGREGATIONS = ['token-mean', 'seq-mean-token-mean', 'seq-mean-token-sum', 'constant'] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

/**
 * The weight of each sequence's tokens.
 * @param lengths - tokens of each sequence of the step that count; a sequence of 0 is left out everywhere
 * @param divisor - of `constant`: tokens that every sequence counts as
 */
export function sequenceWeights(
  aggregation: Aggregation,
  lengths: ArrayLike<number>,
  divisor?: number,
): Float64Array {
  const counted = Array.from(lengths);
  const sequences = counted.filter((length) => length > 0).length;
  const tokens = counted.reduce((sum, length) => sum + length, 0);
  const weight = (length: number): number => {
    if (length === 0) return 0;
    if (aggregation === 'token-mean') return 1 / tokens;
    if (aggregation === 'seq-mean-token-mean') return 1 / (sequences * length);
    if (aggregation === 'seq-mean-token-sum') return 1 / sequences;
    if (divisor === undefined || !(divisor > 0))
      throw new RangeError(`aggregation "constant" needs a divisor > 0`);
    return 1 / (sequences * divisor);
  };
  return Float64Array.from(counted, weight);
}
