/**
 * @file Grouping sequences of unequal length into micro-batches: padded with little padding, or end to end.
 */
import { type Ranks, shareByCost } from './ranks.ts';

/**
 * Indices of `lengths` in micro-batches whose padded size (count × longest) is at most `maxTokens`, longest samples
 * first, so that the largest batch shows at once whether memory suffices. Equal lengths keep their order. A sample
 * longer than `maxTokens` has a micro-batch to itself.
 */
export function bucketByLength(lengths: ArrayLike<number>, maxTokens: number): number[][] {
  if (!(maxTokens > 0)) throw new RangeError(`maxTokens ${maxTokens} is not above 0`);
  const buckets: number[][] = [];
  let longest = 0;
  for (const index of longestFirst(lengths)) {
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

/**
 * Indices of `lengths` in micro-batches whose tokens are at most `maxTokens` in sum, for sequences that lie end to end.
 * The longest first, each in the first micro-batch that has room for it. A sequence longer than `maxTokens` has one to
 * itself.
 */
export function bucketBySum(lengths: ArrayLike<number>, maxTokens: number): number[][] {
  if (!(maxTokens > 0)) throw new RangeError(`maxTokens ${maxTokens} is not above 0`);
  const buckets: { readonly indices: number[]; tokens: number }[] = [];
  for (const index of longestFirst(lengths)) {
    const length = lengths[index]!;
    const roomy = buckets.find(({ tokens }) => tokens + length <= maxTokens);
    if (roomy === undefined) buckets.push({ indices: [index], tokens: length });
    else {
      roomy.indices.push(index);
      roomy.tokens += length;
    }
  }
  return buckets.map(({ indices }) => indices);
}

/** How sequences are grouped into passes. */
export interface MicroBatching {
  /** Tokens in one pass, padding included. */
  readonly tokensPerMicroBatch: number;
  /** Sequences lie end to end in one row; else each has a row, padded to the longest. */
  readonly packed?: boolean | undefined;
}

/** A rank's share of sequences of these lengths, in micro-batches: a run of the longest first, of about the tokens of others. */
export function microBatchesOf(
  ranks: Pick<Ranks, 'rank' | 'size'>,
  lengths: ArrayLike<number>,
  batching: MicroBatching,
): number[][] {
  if (ranks.size === 1) return microBatches(lengths, batching);
  const order = longestFirst(lengths);
  const own = order.slice(
    ...shareByCost(
      order.map((i) => lengths[i]!),
      ranks,
    ),
  );
  const buckets = microBatches(
    own.map((i) => lengths[i]!),
    batching,
  );
  return buckets.map((bucket) => bucket.map((k) => own[k]!));
}

/** Indices of sequences of these lengths in micro-batches. */
export function microBatches(
  lengths: ArrayLike<number>,
  { tokensPerMicroBatch, packed = false }: MicroBatching,
): number[][] {
  return packed ? bucketBySum(lengths, tokensPerMicroBatch) : bucketByLength(lengths, tokensPerMicroBatch);
}

/** Indices, equal lengths in their order. */
function longestFirst(lengths: ArrayLike<number>): number[] {
  const order = Array.from({ length: lengths.length }, (_, i) => i);
  return order.sort((a, b) => lengths[b]! - lengths[a]! || a - b);
}
