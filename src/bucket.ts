/**
 * @file Grouping samples of unequal length into micro-batches with little padding.
 */

/**
 * Indices of `lengths` in micro-batches whose padded size (count × longest) is at most `maxTokens`, longest samples
 * first, so that the largest batch shows at once whether memory suffices. Equal lengths keep their order. A sample
 * longer than `maxTokens` has a micro-batch to itself.
 */
export function bucketByLength(lengths: ArrayLike<number>, maxTokens: number): number[][] {
  if (!(maxTokens > 0)) throw new RangeError(`maxTokens ${maxTokens} is not above 0`);
  const order = Array.from({ length: lengths.length }, (_, i) => i);
  order.sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const buckets: number[][] = [];
  let longest = 0;
  for (const index of order) {
    const current = buckets.at(-1);
    if (current === undefined || (current.length + 1) * longest > maxTokens) {
      buckets.push([index]);
      longest = lengths[index]!;
    } else {
      current.push(index);
    }
  }
  return buckets;
}
